"""What a template may say: plain values, nothing else. Every name here is a name staff can use in templates/."""

from __future__ import annotations

from dataclasses import dataclass, fields

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

    `number` "VSD-12345"; `desk` the desk's name; `helpful` names of fields that would help but are not needed; `topic` the name of the mail's topic ("" when unsure);
    `faq` where many questions about the mail's product are answered already, or None; `about` the right door for it or None; `pointers` doors for its other topics; `asked`, `given`, `hints`
    see above; `leaked` names of keys the mail contained; `conflict` or None; the rest are yes/no.
    """

    number: str
    desk: str
    faq: Pointer | None = None
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
    several_topics: bool = False
    crowd: bool = False

    def values(self) -> dict[str, object]:
        """The names a template sees."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def full_sample(language: Language) -> Letter:
    """A letter in which everything occurs, for `triage check`: a misspelt name shows only when it is rendered."""
    door = Pointer("Sample topic", "Sample page", Link("https://www.shop.example/help"))
    return Letter(
        number="VSD-12345",
        desk="Sample desk",
        faq=door,
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
        several_topics=True,
        crowd=True,
    )


def bare_sample() -> Letter:
    """A letter with nothing but what every letter has."""
    door = Pointer("T", "L", Link("https://www.shop.example/"))
    return Letter(number="VSD-12345", desk="Sample desk", about=door)
