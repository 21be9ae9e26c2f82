"""A real PostgreSQL for tests: unprivileged, on a free loopback port, without fsync, one database a test."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import psycopg

from servers.process import Server, free_port, remove, run_as_server, server_folder


def find_postgres() -> Path | None:
    """The folder of the newest installed server's programs, or None."""
    homes = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if homes:
        return max(homes, key=lambda path: float(path.parent.name))
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).resolve().parent if elsewhere else None


class Postgres:
    """One server; `new_database` gives the SQLAlchemy URL of an empty database."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.root = server_folder("postgres")
        self.port = free_port()
        self._names = itertools.count(1)
        self._server: Server | None = None
        self._made = False

    def start(self) -> None:
        """Start, or start again on the same data and port; returns when the server answers."""
        programs = find_postgres()
        assert programs is not None, "the caller looks first"
        data, log = self.root / "data", self.root / "log"
        if not self._made:
            locale = ("--locale=C", "--encoding=UTF8")
            run_as_server([programs / "initdb", "--no-sync", "-A", "trust", "-U", "desk", *locale, "-D", data], log)
            self._made = True
        settings = ("-c", "fsync=off", "-c", "unix_socket_directories=", "-c", f"listen_addresses={self.host}")
        self._server = Server([programs / "postgres", "-D", data, "-p", str(self.port), *settings], log, self.root)
        self._server.wait_until(self._answers)

    def _answers(self) -> bool:
        try:
            with self._connect():
                return True
        except psycopg.OperationalError:
            return False

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host=self.host, port=self.port, user="desk", dbname="postgres", autocommit=True)

    def new_database(self, like: str = "") -> str:
        """Make a database, empty or a copy of the one behind another URL; returns its URL for SQLAlchemy."""
        name = f"desk{next(self._names)}"
        model = like.rpartition("/")[2] or "template1"
        with self._connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{model}"')
        return f"postgresql+psycopg://desk@{self.host}:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database that nobody needs any more."""
        with self._connect() as connection:
            connection.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')

    def kill(self) -> None:
        """SIGKILL the server and every session, as a power cut would; `start` brings it back."""
        if self._server is not None:
            self._server.kill()
            self._server = None

    def stop(self) -> None:
        """End the server and remove its data."""
        self.kill()
        remove(self.root)
