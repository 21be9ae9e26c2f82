"""A mailbox with a little of everything, a desk that dies in it, and what is counted afterwards."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from servers.certificates import make_certificates
from servers.dovecot import PASSWORD, Dovecot
from servers.postgres import Postgres
from servers.process import remove, server_folder
from servers.smtp_sink import SmtpSink

from tests.acceptance.desk_process import ROOT, TRAYS, environment
from tests.chaos.mails import MAILS
from triage.store import schema
from triage.store.database import engine_for, migrate

TAKEOVER = 60.0  # seconds; a busy machine must not take a slow desk for a dead one, and nobody waits (`Ground.expire`)
BATCH = 3  # mails in one transaction: the seven make three batches

CONFIG = """\
desk: {{name: Sample Desk, address: integration@desk.example}}
mailboxes:
  - name: integration
    imap: {{host: 127.0.0.1, port: {imap}, tls: none, user: {user}, password: {{env: SAMPLE_PW}}}}
outgoing: {{smtp: {{host: 127.0.0.1, port: {smtp}, tls: none}}}}
database: {database}
state: {state}
rules: {root}/rules
templates: {root}/templates
poll: {{seconds: 20, retry_from: 0.1, retry_to: 0.5, takeover: {takeover}}}
limits: {{batch_mails: {batch}}}
"""


@dataclass(frozen=True)
class Outcome:
    """All that must be the same however often the desk died on the way."""

    mails: Counter[tuple[str, str, str]]  # kind, sender, tray
    tickets: int
    replies: Counter[tuple[str, str]]  # template, address
    trays: Counter[tuple[str, bytes]]


@dataclass
class Case:
    """One mailbox, one database, one desk."""

    user: str
    config: Path
    log: Path
    engine: sa.Engine
    shared: bool

    def rows(self, table: sa.Table) -> list[sa.Row]:
        with self.engine.connect() as db:
            return list(db.execute(sa.select(table)))


@dataclass
class Ground:
    """The servers, and the process that starts desks."""

    dovecot: Dovecot
    sink: SmtpSink
    postgres: Postgres | None
    folder: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _template: subprocess.Popen[str] | None = None
    _migrated: str = ""

    def case(
        self, kind: str, mails: tuple[bytes, ...] = MAILS, *, batch: int = BATCH, takeover: float = TAKEOVER
    ) -> Case:
        """A fresh mailbox with the mails in it and a fresh database: "sqlite" or "postgresql"."""
        user, number = self.dovecot.new_user(), next(self._numbers)
        for raw in mails:
            self.dovecot.deliver(user, raw)
        self.sink.received.clear()
        url = self._database(kind, number)
        config = self.folder / f"{number}.yaml"
        config.write_text(self._config(user, url, batch, takeover), encoding="utf-8")
        return Case(user, config, self.folder / f"{number}.log", engine_for(url), kind == "postgresql")

    def _config(self, user: str, database: str, batch: int, takeover: float) -> str:
        return CONFIG.format(
            imap=self.dovecot.port,
            user=user,
            smtp=self.sink.port,
            database=database,
            state=ROOT / "var",
            root=ROOT,
            takeover=takeover,
            batch=batch,
        )

    def _database(self, kind: str, number: int) -> str:
        """A database with its tables, copied from one that was made before: alembic is no part of a case."""
        if kind == "postgresql":
            assert self.postgres is not None
            if not self._migrated:
                self._migrated = self.postgres.new_database()
                _migrate(self._migrated)
            return self.postgres.new_database(like=self._migrated)
        model = self.folder / "model.sqlite"
        if not model.exists():
            _migrate(f"sqlite:///{model}")
        shutil.copy(model, self.folder / f"{number}.sqlite")
        return f"sqlite:///{self.folder}/{number}.sqlite"

    def run(self, case: Case, **death: object) -> tuple[int, Counter[str]]:
        """Run a desk once, to its end or its death; its status, and how often it crossed each boundary."""
        if self._template is None or self._template.poll() is not None:
            self._template = self._start(case.config)
        told = self._ask(json.dumps({"config": str(case.config), "log": str(case.log), **death}))
        return int(told["status"]), Counter(told["crossed"])

    def _start(self, config: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.chaos.template", str(config)]
        pipe = subprocess.PIPE
        started = subprocess.Popen(command, cwd=ROOT, env=environment(PASSWORD), stdin=pipe, stdout=pipe, text=True)
        assert started.stdout is not None
        assert started.stdout.readline(), "the process that starts desks did not come up; its words are above"
        return started

    def _ask(self, order: str) -> dict[str, object]:
        template = self._template
        assert template is not None
        assert template.stdin is not None
        assert template.stdout is not None
        template.stdin.write(f"{order}\n")
        template.stdin.flush()
        answer: dict[str, object] = json.loads(template.stdout.readline())
        return answer

    def recover(self, case: Case, patience: float = 60) -> None:
        """Start the desk again until it has done its work."""
        deadline = time.monotonic() + patience
        while True:
            self.expire(case)
            status, _ = self.run(case)
            left = [row for row in case.rows(schema.outbox) if row.state in ("queued", "sending")]
            if status == 0 and not left and not self.dovecot.mails(case.user):
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"the desk does not come to an end: {case.log.read_text()[-2000:]}")

    def expire(self, case: Case) -> None:
        """As if the time had passed after which a desk that died is given up."""
        if case.shared:
            with case.engine.begin() as db:
                db.execute(sa.update(schema.lease).values(until=sa.func.clock_timestamp()))

    def outcome(self, case: Case) -> Outcome:
        """What the database and the mailbox say in the end."""
        mails = Counter((row.kind, row.sender, row.tray) for row in case.rows(schema.mail))
        replies = Counter((row.template, row.address) for row in case.rows(schema.outbox) if row.state == "sent")
        trays = Counter((tray, raw) for tray in TRAYS for raw in self.dovecot.mails(case.user, tray))
        return Outcome(mails, len(case.rows(schema.ticket)), replies, trays)

    def doubtful(self, case: Case) -> set[str]:
        """Replies that the relay has and that are not noted: the window that SMTP leaves open."""
        noted = {row.message_id for row in case.rows(schema.outbox) if row.state == "sent"}
        return set(self.received()) - noted

    def received(self) -> Counter[str]:
        """How often the relay got each Message-ID."""
        return Counter(str(each.message["Message-ID"]).strip("<>") for each in self.sink.received)

    def differing(self) -> set[str]:
        """Message-IDs under which two different mails came."""
        seen: dict[str, bytes] = {}
        return {
            name
            for each in self.sink.received
            if seen.setdefault(name := str(each.message["Message-ID"]), each.raw) != each.raw
        }

    def close(self, case: Case) -> None:
        case.engine.dispose()

    def stop(self) -> None:
        if self._template is not None:
            self._template.stdin.close()  # type: ignore[union-attr]
            self._template.wait(timeout=10)
            self._template.stdout.close()  # type: ignore[union-attr]


_ALEMBIC = threading.Lock()  # it keeps its state in the module: two lanes of one process must take turns


def _migrate(url: str) -> None:
    engine = engine_for(url)
    with _ALEMBIC:
        migrate(engine, first_ticket=10_000)
    if engine.dialect.name == "sqlite":
        with engine.connect() as db:
            db.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    engine.dispose()


@contextmanager
def ground() -> Iterator[Ground]:
    """Servers of their own, for `make chaos`; tests use the shared ones."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="triage-chaos-"))
        stack.callback(remove, folder)
        certificates = server_folder("certificates")
        stack.callback(remove, certificates)
        dovecot, postgres, sink = Dovecot(make_certificates(certificates)), Postgres(), SmtpSink()
        for server in (dovecot, postgres, sink):
            stack.callback(server.stop)
            server.start()
        made = Ground(dovecot, sink, postgres, folder)
        stack.callback(made.stop)
        yield made
