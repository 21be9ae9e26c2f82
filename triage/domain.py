"""The nouns of the desk: immutable values that every room shares. Standard library only, no I/O.

The words are those of docs/glossary.md; a synonym anywhere in the code is a defect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

# ── what an operator can mend ───────────────────────────────────────────────────────────────────────


class OperatorError(Exception):
    """Something that a person outside the program must mend, or wait for; the message is one line that says what."""

    exit_code = 1  # of the command that ends with it (docs/operating.md)


# ── words with a fixed set of values ────────────────────────────────────────────────────────────────


class Language(StrEnum):
    """A language the desk can tell apart (ISO 639-1; `no` covers bokmål and nynorsk)."""

    EN = "en"
    NO = "no"
    DA = "da"
    SV = "sv"
    FI = "fi"


class Kind(StrEnum):
    """What a mail is to the desk, before anybody asks what it is about."""

    NEW = "new"
    FOLLOWUP = "followup"
    AUTOMATIC = "automatic"
    SPAM = "spam"


class Action(StrEnum):
    """What the desk does with a mail."""

    REDIRECT = "redirect"  # pointer reply: the right door
    REQUEST_INFO = "request_info"  # asks for exactly what is missing
    ACKNOWLEDGE = "acknowledge"  # nothing is missing, or it is a question
    REVIEW = "review"  # a human decides
    ATTACH = "attach"  # joined to its ticket
    NONE = "none"  # silent


class TopicKind(StrEnum):
    """How the desk treats a topic; the rulebook gives every topic one."""

    TECHNICAL = "technical"  # required fields are checked, the ticket stays open
    CHECKLIST = "checklist"  # a filled-in integration checklist
    POINTER = "pointer"  # answered with a contact
    HUMAN = "human"  # only people answer
    URGENT = "urgent"  # people, and at once, with instructions to the sender


class DecidedBy(StrEnum):
    """Which stage settled a verdict."""

    GUARD = "guard"
    RULE = "rule"
    CLASSIFIER = "classifier"
    THREAD = "thread"
    FALLBACK = "fallback"


class Flag(StrEnum):
    """A remark to staff that stands beside the verdict."""

    PHONE_REQUEST = "phone_request"
    ESCALATION = "escalation"
    ENVIRONMENT_CONFLICT = "environment_conflict"
    NEW_PROBLEM = "new_problem"
    MULTIPLE_TOPICS = "multiple_topics"
    SCREENSHOT_ONLY = "screenshot_only"
    UNVERIFIED_SENDER = "unverified_sender"
    INCIDENT = "incident"
    THANKS = "thanks"  # of evidence only: words of thanks; what they come to stands in Verdict.closing


class TicketState(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    WAITING_FOR_INFO = "waiting_for_info"
    READY = "ready"
    REDIRECTED = "redirected"
    REVIEW = "review"
    CLOSED = "closed"


class Tray(StrEnum):
    """Folder where a handled mail rests; config.yaml gives each its name in the mailbox."""

    READY = "ready"  # complete: the team's work
    ANSWERED = "answered"  # nothing for people to do now: pointed elsewhere, or asked for what is missing
    REVIEW = "review"  # a human must look
    SILENT = "silent"  # machine mail and spam, kept and never answered
    TROUBLE = "trouble"  # could not be handled; raw bytes are in the database


class Where(StrEnum):
    """The part of a mail where something was found."""

    SUBJECT = "subject"
    BODY = "body"
    SIGNATURE = "signature"
    ATTACHMENT = "attachment"
    FORWARDED = "forwarded"
    REQUEST = "request"  # inferred from a pasted call, e.g. its host
    QUOTED = "quoted"
    THREAD = "thread"  # given earlier in the ticket
    HEADER = "header"


# ── the mail as it came ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox of a person or machine; `email` is lower-cased, `name` may be empty."""

    email: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the mail's own text. `text` is filled for text-like files only, within caps."""

    name: str
    content_type: str
    size: int  # bytes after transfer decoding
    text: str | None = None
    inline: bool = False

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class InboundMail:
    """One mail, decoded once; text fields hold neither NUL nor lone surrogates.

    `new` is what the sender wrote (forwarded content included), `quoted` the history below it,
    `signature` the closing block with the sender's particulars. Header names are lower-case and
    their values unfolded and decoded. `key` identifies the mail: a SHA-256 (hex) over Message-ID and
    content, without the headers that transport adds, so the same mail delivered twice has one key.
    """

    key: str
    message_id: str  # without angle brackets; "" when the mail has none
    sender: Address
    subject: str
    new: str
    quoted: str = ""
    signature: str = ""
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    in_reply_to: tuple[str, ...] = ()  # ids without angle brackets
    references: tuple[str, ...] = ()
    date: datetime | None = None  # aware, UTC
    language: Language | None = None  # None: too few words to tell
    attachments: tuple[Attachment, ...] = ()
    forwarded: bool = False  # the text passes on somebody else's mail
    headers: tuple[tuple[str, str], ...] = ()
    content_types: tuple[str, ...] = ()  # of every part, outermost first, lower-case
    size: int = 0  # bytes of the raw mail

    def header(self, name: str) -> str | None:
        """The first value of a header (name in lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)

    def all_headers(self, name: str) -> tuple[str, ...]:
        """Every value of a header (name in lower case), top to bottom."""
        return tuple(value for key, value in self.headers if key == name)


@dataclass(frozen=True, slots=True)
class Silence:
    """Why a mail gets no answer: a stable code for reports, and the words that showed it."""

    code: str  # e.g. "auto_submitted", "null_return_path", "out_of_office", "own_mail", "spam"
    seen: str
    kind: Kind = Kind.AUTOMATIC  # AUTOMATIC or SPAM


# ── what the desk makes of it ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason to think of a topic: who says so, where it stands, and how much it weighs."""

    source: str  # "rule" | "classifier" | "thread" | "guard"
    rule: str  # "settlement/payout-words"; for the classifier "classifier/<n-gram>"
    topic: str
    where: Where
    text: str  # the words seen, as the sender wrote them
    weight: float
    place: str = ""  # rules/settlement.yaml:12
    flag: Flag | None = None  # the rule sets this flag instead of arguing for a topic
    profile: str | None = None  # the rule speaks for this profile of technical mail


@dataclass(frozen=True, slots=True)
class Guess:
    """What the model says of one topic; a guess is not a decision."""

    topic: str
    probability: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """The model's whole answer for one mail.

    `guesses` are calibrated and sorted, likeliest first. `confidence` is the top probability scaled
    down when nothing alike was ever trained on (0..1); `sure` says whether it passes the model's own
    threshold. `technical` is the probability of the technical-or-not head. `because` are the n-grams
    that carried the winner, `nearest` ids of the most similar examples.
    """

    guesses: tuple[Guess, ...]
    confidence: float
    sure: bool
    technical: float
    because: tuple[tuple[str, float], ...] = ()
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A field's value and where it was found. `start` is the offset in that part's text, -1 if none."""

    field: str  # a name of DESIGN section 5: msn, order_id, environment, request ...
    value: str
    where: Where
    confidence: float = 1.0
    note: str = ""  # e.g. "inferred", "agreement_id", "invalid", "placeholder"
    start: int = -1


@dataclass(frozen=True, slots=True)
class Secret:
    """A key or personal number that was found and masked; `masked` is all the desk keeps of it."""

    kind: str  # client_secret, subscription_key, access_token, basic_auth, private_key, national_id, card_number ...
    masked: str
    where: Where


@dataclass(frozen=True, slots=True)
class Checklist:
    """What a filled-in integration checklist gave: verdict `complete`, `incomplete`, `ok_only` or `unreadable`."""

    api: str
    verdict: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one mail gives of the required fields, and the secrets that had to be masked."""

    findings: tuple[Finding, ...] = ()
    secrets: tuple[Secret, ...] = ()
    checklist: Checklist | None = None
    masked: InboundMail | None = None  # the mail as it may be stored, logged and shown


@dataclass(frozen=True, slots=True)
class Reading:
    """All the desk understood from one mail alone, before its ticket is looked at."""

    mail: InboundMail  # masked: nothing in it may not be stored
    silence: Silence | None = None
    evidence: tuple[Evidence, ...] = ()
    opinion: Opinion | None = None
    inspection: Inspection = field(default_factory=Inspection)


# ── tickets, verdicts, replies ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, order=True)
class TicketNumber:
    """The number of one issue; prints as `VSD-12345` (seed 000, "Automatic reply")."""

    value: int

    def __str__(self) -> str:
        return f"VSD-{self.value:05d}"

    @classmethod
    def unknown(cls) -> Self:
        """Stands in a reply that is only shown, never sent (`triage explain`)."""
        return cls(0)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One issue as the ledger knows it when a mail arrives."""

    number: TicketNumber
    state: TicketState
    topic: str | None
    profile: str | None
    language: Language
    findings: tuple[Finding, ...] = ()  # everything the thread has given
    asked: int = 0  # how often the desk asked for missing fields
    told_separate: bool = False  # the sender was told to open a separate mail
    subject: str = ""
    handed_over: bool = False  # another team or helpdesk has it
    flags: tuple[Flag, ...] = ()  # of all its mails


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the desk decided about one mail, and everything needed to explain it."""

    kind: Kind
    action: Action
    decided_by: DecidedBy
    language: Language
    topic: str | None = None
    profile: str | None = None
    confidence: float = 0.0
    fields: tuple[Finding, ...] = ()  # the finding that counts for each field
    missing: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    pointers: tuple[str, ...] = ()  # other topics that get a pointer paragraph
    hints: tuple[str, ...] = ()  # ids of known answers
    reasons: tuple[str, ...] = ()  # sentences for staff
    ticket: TicketNumber | None = None
    state: TicketState | None = None  # the ticket's state from now on; None leaves it
    template: str | None = None  # None: no reply
    closing: bool = False  # the mail says thanks and nothing else: staff may close the ticket
    in_incident: bool = False  # others report the same trouble just now
    tray: Tray = Tray.ANSWERED


@dataclass(frozen=True, slots=True)
class Reply:
    """A written answer, not yet sent. Message ids carry no angle brackets."""

    template: str
    language: Language
    to: tuple[Address, ...]
    subject: str
    text: str
    html: str
    cc: tuple[Address, ...] = ()
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
