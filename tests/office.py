"""A desk in a folder, for tests: everything real but the network (a Maildir, SQLite, the shipped rules, replies as files)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

import sqlalchemy as sa

from triage.delivery import Routes
from triage.desk import Desk
from triage.domain import Address, Tray
from triage.mind import Mind
from triage.store import outbox
from triage.store.database import engine_for, migrate
from triage.store.store import Store
from triage.threads import Signer
from triage.transport.accounts import MaildirAccount
from triage.transport.eml_folder import FolderSender
from triage.transport.maildir import MaildirMailbox
from triage.transport.outgoing import Envelope
from triage.transport.smtp import Sender

TRAYS = {tray: tray.value.capitalize() for tray in Tray}


@dataclass
class Office:
    """A desk in a folder: mail is dropped in, replies and trays are looked at."""

    desk: Desk
    folder: Path
    count: int = 0

    def receive(self, text: str, *, subject: str = "Hjelp", sender: str = "kari@shop.example", **headers: str) -> None:
        self.count += 1
        named = {"Message_ID": f"<{self.count}@shop.example>", "To": "integration@vipps.no"} | headers
        lines = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in named.items())
        raw = f"From: {sender}\nSubject: {subject}\n{lines}Content-Type: text/plain; charset=utf-8\n\n{text}\n"
        self.drop(raw.encode())

    def drop(self, raw: bytes) -> None:
        self.count += 1
        (self.folder / "mail" / "new" / f"{1_700_000_000 + self.count}.{self.count}.test").write_bytes(raw)

    def tray(self, tray: Tray) -> int:
        return sum(path.is_file() for path in (self.folder / "mail" / f".{TRAYS[tray]}").rglob("*.test*"))

    def waiting(self) -> int:
        return self.desk.mailboxes[0].count_waiting()

    def replies(self) -> list[str]:
        found = sorted((self.folder / "out").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_text(encoding="utf-8") for path in found]

    def at(self, moment: datetime) -> None:
        """Let the desk's clock stand at a moment."""
        self.desk.store.clock = lambda: moment

    def rows(self, table: sa.Table) -> list[sa.Row]:
        with self.desk.store.connection() as db:
            return list(db.execute(sa.select(table)))


def main_route(sender: Sender) -> Routes:
    return Routes({outbox.MAIN: sender}, "integration@vipps.no")


def opened(folder: Path, thinking: Mind) -> Office:
    """A new desk in an empty folder; `office.desk.store.close()` ends it."""
    for part in ("tmp", "new", "cur"):
        (folder / "mail" / part).mkdir(parents=True)
    engine = engine_for(f"sqlite:///{folder}/desk.sqlite")
    migrate(engine, first_ticket=10_000)
    desk = Desk(
        mailboxes=(MaildirMailbox(MaildirAccount("local", folder / "mail", TRAYS)),),
        store=Store(engine),
        routes=main_route(FolderSender(folder / "out")),
        mind=thinking,
        signer=Signer(b"SAMPLE", "vipps.no"),
        envelope=Envelope(Address("integration@vipps.no", "Vipps Integration"), "vipps.no"),
        limits=thinking.settings.limits,
    )
    return Office(desk, folder)


def with_staff(office: Office, **limits: object) -> Office:
    """The same office with people who are told, in a folder `alerts`; `limits` are those of the config."""
    mind = office.desk.mind
    alerts = mind.settings.alerts.model_copy(update={"to": ("on-call@desk.example",)})
    settings = mind.settings.model_copy(update={"alerts": alerts})
    routes = {outbox.MAIN: FolderSender(office.folder / "out"), outbox.ALERTS: FolderSender(office.folder / "alerts")}
    desk = replace(
        office.desk,
        mind=replace(mind, settings=settings),
        routes=Routes(routes, "integration@vipps.no"),
        limits=office.desk.limits.model_copy(update=limits),
    )
    return replace(office, desk=desk)


def alerts(office: Office) -> list[str]:
    """The subjects of what staff were told, in order."""
    found = sorted((office.folder / "alerts").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [message_from_bytes(path.read_bytes(), policy=policy.default)["Subject"] for path in found]
