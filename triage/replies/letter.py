"""What a template may say: plain values, nothing else. Every name here is a name staff can use in templates/."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from triage.domain import Language
from triage.fields.handbook import Conflict


class Link(str):
    """An address that readers can click: a URL or an e-mail address."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Pointer:
    """The right door for a topic."""

    title: str  # "Settlements and invoices"
    label: str  # what the link is
    link: Link


@dataclass(frozen=True, slots=True)
class Asked:
    """One missing item: its name, and one line on why it is needed and where to find it."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Given:
    """One item that was understood."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A known answer that may help."""

    text: str
    link: Link


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a template may use.

    `number` "VSD-12345"; `marker` the number under the desk's seal, by which a reply is known when everything else is lost; `desk` the desk's name; `helpful` names of fields that would help but are not needed; `topic` the name of the mail's topic ("" when unsure);
    `faq` where many questions about the mail's product are answered already, or None; `about` the right door for it or None; `pointers` doors for its other topics; `asked`, `given`, `hints`
    see above; `leaked` names of keys the mail contained; `conflict` or None; the rest are yes/no.
    """

    number: str
    desk: str
    faq: Pointer | None = None
    marker: str = ""
    subject: str = ""
    topic: str = ""
    about: Pointer | None = None
    pointers: tuple[Pointer, ...] = ()
    asked: tuple[Asked, ...] = ()
    helpful: tuple[str, ...] = ()
    given: tuple[Given, ...] = ()
    hints: tuple[Hint, ...] = ()
    leaked: tuple[str, ...] = ()
    conflict: Conflict | None = None
    screenshot_only: bool = False
    phone_request: bool = False
    escalation: bool = False
    new_problem: bool = False
    incident: bool = False
    several_topics: bool = False
    crowd: bool = False

    def values(self) -> dict[str, object]:
        """The names a template sees."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class AlertLetter:
    """What a letter of alarm to staff may say.

    `kind` what happened: key_leak, incident, breaker, or any other word with the whole story in `said`; `over` whether it
    has ended; `number` the ticket it is about or ""; `count` and `minutes` of what went over a limit; `said` one sentence;
    `details` one line each, e.g. the tickets of an incident.
    """

    kind: str
    over: bool = False
    number: str = ""
    count: int = 0
    minutes: int = 0
    said: str = ""
    details: tuple[str, ...] = ()

    def values(self) -> dict[str, object]:
        """The names a template sees."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class HandoverLetter:
    """What the letter that passes a ticket on may say.

    `title` the topic's name or ""; `missing` names of required fields that were not given; `remarks` sentences for staff;
    `attached` whether the original mail goes along.
    """

    number: str
    sender: str
    title: str = ""
    given: tuple[Given, ...] = ()
    missing: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    attached: bool = True

    def values(self) -> dict[str, object]:
        """The names a template sees."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def samples(name: str, language: Language) -> tuple[Letter | AlertLetter | HandoverLetter, ...]:
    """Letters in which everything occurs, and nothing, to try a template with."""
    if name == "staff/alert":
        told = AlertLetter("key_leak", True, "VSD-12345", 7, 30, "Sample sentence.", ("VSD-12345", "VSD-12346"))
        others = tuple(replace(told, kind=kind, over=False) for kind in ("incident", "breaker", "trouble"))
        return (told, *others, AlertLetter("trouble", said="Sample sentence."))
    if name == "staff/handover":
        given, remarks = (Given("MSN", "123456"),), ("sample",)
        return (
            HandoverLetter("VSD-12345", "kari@shop.example", "Sample topic", given, ("orderId",), remarks),
            HandoverLetter("VSD-12345", "kari@shop.example", attached=False),
        )
    return full_sample(language), bare_sample()


def full_sample(language: Language) -> Letter:
    """A letter in which everything occurs, for `triage check`: a misspelt name shows only when it is rendered."""
    door = Pointer("Sample topic", "Sample page", Link("https://www.shop.example/help"))
    return Letter(
        number="VSD-12345",
        desk="Sample desk",
        faq=door,
        marker="VSD-12345.sample",
        subject=f"Sample subject ({language})",
        topic="settlement",
        about=door,
        pointers=(door,),
        asked=(Asked("MSN", "sample"), Asked("orderId", "sample")),
        helpful=("transactionId", "contextId"),
        given=(Given("MSN", "123456"),),
        hints=(Hint("Sample hint.", Link("https://www.shop.example/faq")),),
        leaked=("client_secret",),
        conflict=Conflict("test", "production"),
        screenshot_only=True,
        phone_request=True,
        escalation=True,
        new_problem=True,
        incident=True,
        several_topics=True,
        crowd=True,
    )


def bare_sample() -> Letter:
    """A letter with nothing but what every letter has."""
    door = Pointer("T", "L", Link("https://www.shop.example/"))
    return Letter(number="VSD-12345", desk="Sample desk", about=door)
