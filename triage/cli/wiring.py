"""Builds the desk from config.yaml: the only place where all rooms meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

from triage import mind
from triage.cli.loading import loading
from triage.cli.signing import signer_for
from triage.config import Mailbox as MailboxConfig
from triage.config import OAuth, Settings, Smtp
from triage.credentials import replace_secret, reveal
from triage.delivery import Routes
from triage.desk import Desk
from triage.domain import Address
from triage.mind import Progress
from triage.reloading import LiveMind
from triage.store import outbox
from triage.store.database import engine_for, migrate
from triage.store.leases import Shared
from triage.store.lock import sole
from triage.store.store import Store, StoreLost
from triage.transport.accounts import ImapAccount, MaildirAccount, SmtpRoute
from triage.transport.eml_folder import FolderSender
from triage.transport.imap import ImapMailbox
from triage.transport.mailbox import Mailbox
from triage.transport.maildir import MaildirMailbox
from triage.transport.oauth import Grant, TokenSource
from triage.transport.outgoing import Envelope
from triage.transport.smtp import Sender, SmtpSender
from triage.transport.suspects import Suspects
from triage.tuning.history import note_editions


@contextmanager
def desk_at_work(settings: Settings, progress: Progress | None = None) -> Iterator[Desk]:
    """A desk with its place among those that share its database: the only one with SQLite, one of many with PostgreSQL.

    Raises what desk_for raises, and InUse.
    """
    with sole(settings.database):
        desk = _noted(desk_for(settings, progress))
        if not desk.store.shared:
            yield desk
            return
        presence = Shared(desk.store, settings.poll.takeover)
        try:
            yield replace(desk, presence=presence)
        finally:
            with suppress(StoreLost):  # the others find out by themselves
                presence.close()


@loading()
def desk_for(settings: Settings, progress: Progress | None = None) -> Desk:
    """Everything built and checked. Raises Problems, SecretMissing or DatabaseRefused."""
    return Desk(
        mailboxes=tuple(mailbox_for(each) for each in settings.mailboxes),
        store=store_for(settings),
        routes=routes_for(settings),
        mind=mind.load(settings, progress),
        signer=signer_for(settings),
        envelope=envelope_for(settings),
        limits=settings.limits,
        public_domains=settings.public_domains,
        suspects=Suspects(settings.state, settings.database),
    )


def _noted(desk: Desk) -> Desk:
    """The desk with what it works with written down, now and whenever edited rules are taken. Raises StoreLost."""
    note_editions(desk.store, desk.mind)
    return replace(desk, live=LiveMind(desk.mind, partial(note_editions, desk.store)))


def envelope_for(settings: Settings) -> Envelope:
    return Envelope(Address(settings.desk.address.lower(), settings.desk.name), settings.desk.domain)


def store_for(settings: Settings) -> Store:
    """The database, brought up to date. Raises DatabaseRefused or SecretMissing."""
    password = reveal(settings.database_password) if settings.database_password else None
    engine = engine_for(settings.database, password)
    migrate(engine, settings.first_ticket)
    return Store(engine)


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
            password=reveal(imap.password) if imap.password else "",
            tokens=tokens_for(imap.oauth, imap.timeout),
            trays=config.trays,
            port=imap.port,
            tls=imap.tls,
            ca_file=imap.ca_file,
            folder=imap.folder,
            timeout=imap.timeout,
        )
    )


def routes_for(settings: Settings) -> Routes:
    """Every way out of the outbox; alerts without a mail server of their own go the way of the replies."""
    main = sender_for(settings)
    alerts = alerts_sender(settings) if settings.alerts.smtp else main
    return Routes({outbox.MAIN: main, outbox.ALERTS: alerts}, settings.desk.address.lower())


def alerts_sender(settings: Settings) -> Sender:
    """A link of its own to the mail server that takes alerts."""
    second = settings.alerts.smtp
    return smtp_sender(second, settings.desk.domain) if second else sender_for(settings)


def tokens_for(oauth: OAuth | None, timeout: float) -> TokenSource | None:
    """Where access tokens come from; a refresh token kept in a file is replaced there when the issuer changes it."""
    if oauth is None:
        return None
    stored = oauth.refresh_token
    return TokenSource(
        Grant(
            token_url=oauth.token_url,
            client_id=oauth.client_id,
            client_secret=reveal(oauth.client_secret) if oauth.client_secret else None,
            refresh_token=reveal(stored) if stored else None,
            scope=oauth.scope,
            ca_file=oauth.ca_file,
            timeout=timeout,
            keep=partial(replace_secret, stored) if stored else None,
        )
    )


def sender_for(settings: Settings) -> Sender:
    smtp = settings.outgoing.smtp
    if smtp is None:
        assert settings.outgoing.folder is not None  # noqa: S101 - the schema asks for one of the two
        return FolderSender(settings.outgoing.folder)
    return smtp_sender(smtp, settings.desk.domain)


def smtp_sender(smtp: Smtp, hello: str) -> Sender:
    return SmtpSender(
        SmtpRoute(
            host=smtp.host,
            port=smtp.port,
            tls=smtp.tls,
            user=smtp.user,
            password=reveal(smtp.password) if smtp.password else None,
            tokens=tokens_for(smtp.oauth, smtp.timeout),
            ca_file=smtp.ca_file,
            timeout=smtp.timeout,
            hello=hello,
        )
    )
