"""config.yaml → Settings. It names where passwords are kept (credentials.py) and never holds one.

Every key is explained in the shipped config.yaml; paths are taken relative to the file's folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from triage.credentials import Secret
from triage.domain import Language, Tray
from triage.yamlfile import Field, FilePath, Model, ValidationInfo, field_validator, model_validator, read

Tls = Literal["ssl", "starttls", "none"]


class OAuth(Model):
    """Login by access token (XOAUTH2: Microsoft 365, Google) instead of a password."""

    token_url: str = Field(pattern=r"^https?://[^/\s]+")
    client_id: str = Field(min_length=1)
    client_secret: Secret | None = None
    refresh_token: Secret | None = None  # without it the client's own credentials are the grant
    scope: str = ""
    ca_file: FilePath | None = None

    @model_validator(mode="after")
    def _some_grant(self) -> OAuth:
        if self.client_secret is None and self.refresh_token is None:
            raise ValueError(
                "give 'client_secret' (a program's own access), 'refresh_token' (a person's consent), or both"
            )
        return self


class Imap(Model):
    """A mailbox on an IMAP server."""

    host: str
    port: int = Field(default=993, ge=1, le=65535)
    tls: Tls = "ssl"
    ca_file: FilePath | None = None
    user: str
    password: Secret | None = None
    oauth: OAuth | None = None
    folder: str = "INBOX"
    timeout: float = Field(default=60, gt=0)  # seconds

    @model_validator(mode="after")
    def _one_login(self) -> Imap:
        if (self.password is None) == (self.oauth is None):
            raise ValueError("give either 'password' or 'oauth'")
        return self


class Maildir(Model):
    """A mailbox in a local folder."""

    path: FilePath


def _default_trays() -> dict[Tray, str]:
    return {tray: f"Triage/{tray.value.capitalize()}" for tray in Tray}


class Mailbox(Model):
    """One mailbox the desk reads: IMAP or Maildir."""

    name: str = Field(min_length=1)
    imap: Imap | None = None
    maildir: Maildir | None = None
    trays: dict[Tray, str] = Field(default_factory=_default_trays)

    @model_validator(mode="after")
    def _one_home(self) -> Mailbox:
        if (self.imap is None) == (self.maildir is None):
            raise ValueError("give either 'imap' or 'maildir'")
        return self

    @field_validator("trays")
    @classmethod
    def _every_tray(cls, trays: dict[Tray, str]) -> dict[Tray, str]:
        return _default_trays() | trays


class Smtp(Model):
    """The mail server that takes the desk's replies."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    tls: Tls = "starttls"
    ca_file: FilePath | None = None
    user: str | None = None
    password: Secret | None = None
    oauth: OAuth | None = None
    timeout: float = Field(default=60, gt=0)  # seconds

    @model_validator(mode="after")
    def _login_is_whole(self) -> Smtp:
        if self.password is not None and self.oauth is not None:
            raise ValueError("give either 'password' or 'oauth', not both")
        if self.oauth is not None and self.user is None:
            raise ValueError("'oauth' needs 'user', the address it logs in as")
        return self


class Outgoing(Model):
    """The one way out: an SMTP server, or a folder where replies are written as .eml files."""

    smtp: Smtp | None = None
    folder: FilePath | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Outgoing:
        if (self.smtp is None) == (self.folder is None):
            raise ValueError("give either 'smtp' or 'folder'")
        return self


class Alerts(Model):
    """Whom of ours the desk tells what cannot wait, and its second way out."""

    to: tuple[str, ...] = ()
    smtp: Smtp | None = None  # None: the way the replies go

    @field_validator("to")
    @classmethod
    def _addresses(cls, to: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_address, to))


def _address(email: str) -> str:
    local, _, domain = email.strip().rpartition("@")
    if not local or not domain or any(character.isspace() for character in email.strip()):
        raise ValueError(f"'{email}' is not an address; write it as team@shop.example")
    return email.strip().lower()


class HandoverWhen(Model):
    """Which tickets go to somebody by themselves: those that match everything that is given."""

    trays: tuple[Literal[Tray.READY, Tray.REVIEW], ...] = (Tray.READY,)
    topics: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


class Handover(Model):
    """A team or helpdesk that tickets are passed on to; without `when` only by hand."""

    to: str
    when: HandoverWhen | None = None

    @field_validator("to")
    @classmethod
    def _an_address(cls, to: str) -> str:
        return _address(to)


class Incidents(Model):
    """When technical mails that are alike are one incident: so many writers within so many minutes."""

    mails: int = Field(default=5, ge=2)
    minutes: int = Field(default=30, ge=1)


class DeskIdentity(Model):
    """Who the desk is: the name and address on its replies, and every other address that is ours."""

    name: str
    address: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    also_ours: tuple[str, ...] = ()
    authserv: str | None = None  # the name in our mail server's Authentication-Results; None: DMARC is not looked at

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(address.lower() for address in (self.address, *self.also_ours))

    def is_ours(self, email: str) -> bool:
        """Whether an address ends in our own mailbox, with or without a +detail."""
        local, _, domain = email.lower().rpartition("@")
        return bool({email.lower(), f"{local.partition('+')[0]}@{domain}"} & self.addresses)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()


class Languages(Model):
    """The languages the desk answers in; any other mail is answered in the fallback."""

    answer: tuple[Language, ...] = (Language.NO, Language.EN)
    fallback: Language = Language.EN

    @model_validator(mode="after")
    def _fallback_is_answered(self) -> Languages:
        if self.fallback not in self.answer:
            raise ValueError("'fallback' must be one of the languages in 'answer'")
        return self

    def reply_in(self, language: Language | None) -> Language:
        return language if language in self.answer else self.fallback


class ReplyLimit(Model):
    """At most `replies` within `minutes`."""

    replies: int = Field(ge=1)
    minutes: int = Field(ge=1)


class ReplyLimits(Model):
    """What stops a loop that the guard missed (DESIGN promise 2)."""

    per_address: tuple[ReplyLimit, ...] = (ReplyLimit(replies=20, minutes=60), ReplyLimit(replies=60, minutes=1440))
    per_domain: tuple[ReplyLimit, ...] = (ReplyLimit(replies=60, minutes=60),)
    per_content: tuple[ReplyLimit, ...] = (ReplyLimit(replies=2, minutes=1440),)
    total: tuple[ReplyLimit, ...] = (ReplyLimit(replies=5000, minutes=60),)


class Limits(Model):
    """Sizes and counts that keep one mail or one hour from harming the rest."""

    mail_bytes: int = Field(default=35_000_000, ge=10_000)
    batch_mails: int = Field(default=50, ge=1, le=1000)
    batch_bytes: int = Field(default=8_000_000, ge=100_000)
    recipients: int = Field(default=20, ge=1)
    tries: int = Field(default=32, ge=1)  # of one reply that is deferred: two days, with outbox's pauses
    replies: ReplyLimits = ReplyLimits()
    breaker: ReplyLimit = ReplyLimit(replies=3000, minutes=10)  # in all; beyond it nothing leaves
    answer_within_days: int = Field(default=7, ge=1)  # older mail goes to review, unanswered
    bounced_days: int = Field(default=60, ge=0)  # an address whose mail came back is left alone for so long


class Poll(Model):
    """How the daemon waits for mail."""

    seconds: float = Field(default=60, ge=1)
    retry_from: float = Field(default=2, gt=0)  # seconds; doubled after each failure
    retry_to: float = Field(default=300, gt=0)
    takeover: float = Field(default=8, gt=0)  # seconds without a sign of life until other desks take over


class Reports(Model):
    """Who gets the reports by mail, and what they cannot know by themselves."""

    to: tuple[str, ...] = ()
    weeks: int = Field(default=4, ge=1, le=53)  # whole weeks in the report that is mailed
    partners: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # name: domains its people write from

    @field_validator("to")
    @classmethod
    def _addresses(cls, to: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_address, to))

    @field_validator("partners")
    @classmethod
    def _domains(cls, partners: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {name: tuple(domain.strip().lower() for domain in domains) for name, domains in partners.items()}


class Logs(Model):
    """How the log is written; it goes to standard error, where systemd and containers look for it."""

    format: Literal["text", "json"] = "text"


class Retention(Model):
    """How long words are kept; figures and decisions stay. None keeps them for ever."""

    text_days: int | None = Field(default=90, ge=1)  # after the ticket's last change
    trouble_days: int | None = Field(default=90, ge=1)  # raw bytes of mail in trouble, after its last try


class Health(Model):
    """How the desk's health is told, besides alerts."""

    listen: str | None = Field(default=None, pattern=r"^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$")  # host:port
    textfile: FilePath | None = None  # for node_exporter; written by the daemon and by `run --once`
    letter_minutes: int = Field(default=60, ge=1)  # a letter that waits for longer to leave turns the desk red


class Threads(Model):
    """How follow-ups are recognised."""

    key: Secret | None = None  # signs our Message-IDs; without it a key is made in the state folder


class Settings(Model):
    """Everything config.yaml says."""

    desk: DeskIdentity
    mailboxes: tuple[Mailbox, ...] = Field(min_length=1)
    outgoing: Outgoing
    database: str = Field(default="sqlite:///var/triage.sqlite", validate_default=True)
    database_password: Secret | None = None
    first_ticket: int = Field(default=10_000, ge=1, le=9_000_000)
    state: FilePath = Field(default=Path("var"), validate_default=True)
    rules: FilePath = Field(default=Path("rules"), validate_default=True)
    templates: FilePath = Field(default=Path("templates"), validate_default=True)
    era: Literal["vipps", "vippsmobilepay"] = "vipps"
    languages: Languages = Languages()
    public_domains: frozenset[str] = frozenset()  # mail providers that strangers share
    threads: Threads = Threads()
    poll: Poll = Poll()
    limits: Limits = Limits()
    alerts: Alerts = Alerts()
    incidents: Incidents = Incidents()
    handover: tuple[Handover, ...] = ()
    retention: Retention = Retention()
    health: Health = Health()
    logs: Logs = Logs()
    reports: Reports = Reports()

    @field_validator("alerts", "handover")
    @classmethod
    def _to_others(cls, value: Alerts | tuple[Handover, ...], info: ValidationInfo) -> Alerts | tuple[Handover, ...]:
        desk, to = info.data.get("desk"), value.to if isinstance(value, Alerts) else [each.to for each in value]
        if desk and (own := [email for email in to if desk.is_ours(email)]):
            raise ValueError(f"'{own[0]}' is an address of the desk itself; name somebody else's")
        return value

    @field_validator("database")
    @classmethod
    def _sqlite_beside_the_file(cls, url: str, info: ValidationInfo) -> str:
        scheme, slashes, path = url.partition(":///")
        if scheme != "sqlite" or not slashes or not info.context:
            return url
        return f"sqlite:///{info.context['folder'] / path}"

    @field_validator("reports")
    @classmethod
    def _reports_leave(cls, reports: Reports, info: ValidationInfo) -> Reports:
        desk = info.data.get("desk")
        if desk and any(desk.is_ours(email) for email in reports.to):
            raise ValueError("'to' names an address of the desk itself; the report would come back as machine mail")
        return reports

    @field_validator("mailboxes")
    @classmethod
    def _names_differ(cls, mailboxes: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        names = [mailbox.name for mailbox in mailboxes]
        if len(set(names)) != len(names):
            raise ValueError("two mailboxes have the same name; give each its own")
        return mailboxes


def load(path: Path) -> Settings:
    """Read and check a config file. Raises Problems."""
    return read(path, Settings).value
