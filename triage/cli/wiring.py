"""Builds the desk from config.yaml: the only place where all rooms meet."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from triage.classifier.model import Classifier
from triage.classifier.ready import ready
from triage.config import Mailbox as MailboxConfig
from triage.config import Settings, reveal
from triage.decision import Policy
from triage.desk import Desk, Mind
from triage.domain import Address
from triage.fields.handbook import Handbook
from triage.fields.inspecting import Inspector
from triage.mail.guard import Ours
from triage.replies.rendering import Templates, check
from triage.replies.writer import Writer
from triage.rulebook.loading import load as load_rulebook
from triage.store.database import engine_for, migrate
from triage.store.store import Store
from triage.threads import Signer
from triage.transport.accounts import ImapAccount, MaildirAccount, SmtpRoute
from triage.transport.eml_folder import FolderSender
from triage.transport.imap import ImapMailbox
from triage.transport.mailbox import Mailbox
from triage.transport.maildir import MaildirMailbox
from triage.transport.outgoing import Envelope
from triage.transport.smtp import Sender, SmtpSender
from triage.understanding import Understanding
from triage.yamlfile import Problems

Progress = Callable[[str], None]


def desk_for(settings: Settings, *, progress: Progress = lambda _: None) -> Desk:
    """Everything built and checked. Raises Problems, SecretMissing or DatabaseRefused."""
    return Desk(
        mailboxes=tuple(mailbox_for(each) for each in settings.mailboxes),
        store=store_for(settings),
        sender=sender_for(settings),
        mind=mind_for(settings, progress=progress),
        signer=signer_for(settings),
        envelope=envelope_for(settings),
        limits=settings.limits,
        public_domains=settings.public_domains,
    )


def mind_for(settings: Settings, *, progress: Progress = lambda _: None) -> Mind:
    """Rules, model, finders and templates. Raises Problems with everything that is wrong in them."""
    rulebook = load_rulebook(settings.rules)
    inspector = Inspector.load(settings.rules)
    handbook = Handbook.load(settings.rules)
    if problems := check(settings.templates, settings.languages.answer):
        raise Problems(problems)
    understanding = Understanding(rulebook, model_for(settings, progress=progress), inspector, ours_for(settings))
    writer = Writer(Templates(settings.templates), rulebook, handbook, settings)
    return Mind(understanding, lambda: Policy(rulebook, handbook, settings.languages, _today()), writer)


def model_for(settings: Settings, *, progress: Progress = lambda _: None) -> Classifier:
    """The trained model, rebuilt when examples or code have changed."""
    return ready(settings.rules, settings.state / "model.npz", progress)


def ours_for(settings: Settings) -> Ours:
    return Ours(settings.desk.addresses, frozenset({settings.desk.domain}))


def envelope_for(settings: Settings) -> Envelope:
    return Envelope(Address(settings.desk.address.lower(), settings.desk.name), settings.desk.domain)


def store_for(settings: Settings) -> Store:
    """The database, brought up to date. Raises DatabaseRefused or SecretMissing."""
    password = reveal(settings.database_password) if settings.database_password else None
    engine = engine_for(settings.database, password)
    migrate(engine, settings.first_ticket)
    return Store(engine)


def signer_for(settings: Settings, *, make_key: bool = True) -> Signer:
    """Signs our Message-IDs with the configured key, or with one made at first start.

    Without `make_key` nothing is written: a signer that recognises no id stands in for a missing key.
    """
    path = settings.state / "signing.key"
    if settings.threads.key:
        key = reveal(settings.threads.key).encode()
    elif make_key or path.exists():
        key = _own_key(path)
    else:
        key = secrets.token_bytes(32)
    return Signer(key, settings.desk.domain)


def mailbox_for(config: MailboxConfig) -> Mailbox:
    if config.maildir:
        return MaildirMailbox(MaildirAccount(config.name, config.maildir.path, config.trays))
    imap = config.imap
    assert imap is not None  # noqa: S101 - the schema asks for one of the two
    return ImapMailbox(
        ImapAccount(
            name=config.name,
            host=imap.host,
            user=imap.user,
            password=reveal(imap.password),
            trays=config.trays,
            port=imap.port,
            tls=imap.tls,
            ca_file=imap.ca_file,
            folder=imap.folder,
            timeout=imap.timeout,
        )
    )


def sender_for(settings: Settings) -> Sender:
    smtp = settings.outgoing.smtp
    if smtp is None:
        assert settings.outgoing.folder is not None  # noqa: S101 - the schema asks for one of the two
        return FolderSender(settings.outgoing.folder)
    return SmtpSender(
        SmtpRoute(
            host=smtp.host,
            port=smtp.port,
            tls=smtp.tls,
            user=smtp.user,
            password=reveal(smtp.password) if smtp.password else None,
            ca_file=smtp.ca_file,
            timeout=smtp.timeout,
        )
    )


def _own_key(path: Path) -> bytes:
    """A key in the state folder, readable by us alone; two first starts at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    if not path.exists():
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()


def _today() -> date:
    return datetime.now(UTC).date()
