"""Verdict → Reply: fills a letter with the right names, doors and questions, and lets the template say it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from triage.config import Settings
from triage.domain import Address, Finding, Flag, InboundMail, Language, Reading, Reply, TicketNumber, Verdict
from triage.fields.handbook import Conflict, Handbook
from triage.mail.addresses import deliverable
from triage.mail.guard import is_machine_address
from triage.replies.letter import Asked, Given, Hint, Letter, Link, Pointer
from triage.replies.rendering import Rendered, Templates
from triage.rulebook.book import Rulebook
from triage.threads import Circle, Signer, bare_subject

FAQ, FAQ_PRODUCT = "faq", "ecom"  # the contact that questions are pointed to, and what it is about
_LONGEST_SUBJECT = 150
_LONGEST_VALUE = 120
_MOST_REFERENCES = 12
_MOST_HELPFUL = 4
_SHOWN = frozenset(
    {
        "msn",
        "organization_number",
        "environment",
        "order_id",
        "agreement_id",
        "charge_id",
        "app_platform",
        "app_version",
    }
)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes replies. Pure: the same verdict always gives the same reply."""

    templates: Templates
    rulebook: Rulebook
    handbook: Handbook
    settings: Settings

    def write(
        self, reading: Reading, verdict: Verdict, number: TicketNumber, signer: Signer, circle: Circle | None = None
    ) -> Reply:
        """The reply to one mail. The verdict must name a template; `circle` is who may hear of an existing ticket."""
        mail = reading.mail
        subject, rendered = self.wording(reading, verdict, number, signer.marker(number))
        return Reply(
            template=verdict.template or "review",
            language=verdict.language,
            to=(self.address_for(mail, circle),),
            cc=self.colleagues(mail, circle),
            subject=subject,
            text=rendered.text,
            html=rendered.html,
            message_id=signer.message_id(number, mail.key),
            in_reply_to=mail.message_id,
            references=_references(mail, signer.ticket_id(number)),
        )

    def wording(self, reading: Reading, verdict: Verdict, number: TicketNumber, marker: str) -> tuple[str, Rendered]:
        """Subject and both parts of the reply."""
        letter = self.letter(reading, verdict, number, marker)
        rendered = self.templates.render(verdict.template or "review", verdict.language, letter)
        return subject_for(reading.mail.subject, number), rendered

    def address_for(self, mail: InboundMail, circle: Circle | None = None) -> Address:
        """Whom a reply goes to: Reply-To if it names somebody who may hear, else the sender."""
        return next((person for person in mail.reply_to if self._may_get(person, circle)), mail.sender)

    def colleagues(self, mail: InboundMail, circle: Circle | None = None) -> tuple[Address, ...]:
        """Everyone else who gets the reply (seed 000): From, To and Cc of a first mail, and in a ticket all who
        took part in it; never we, never a machine, never a crowd."""
        first = self.address_for(mail, circle).email
        known = tuple(Address(email) for email in sorted(circle.people)) if circle else ()
        people = {p.email: p for p in (*known, mail.sender, *mail.to, *mail.cc) if self._may_get(p, circle)}
        others = tuple(person for email, person in people.items() if email != first)
        return () if self._crowd(mail) or len(others) > self.settings.limits.recipients else others

    def letter(self, reading: Reading, verdict: Verdict, number: TicketNumber, marker: str) -> Letter:
        """Everything the template may say about this mail."""
        language = verdict.language
        conflict = self._conflict(verdict, reading)  # asks for the environment in its own words
        return Letter(
            number=str(number),
            desk=self.settings.desk.name,
            marker=marker,
            faq=self._faq(verdict, language),
            subject=reading.mail.subject[:_LONGEST_SUBJECT],
            topic=verdict.topic or "",
            about=self._pointer(verdict.topic, language) if verdict.topic else None,
            pointers=self._pointers(verdict.pointers, language),
            asked=tuple(
                self._asked(verdict, name) for name in verdict.missing if not (conflict and name == "environment")
            ),
            helpful=tuple(
                self.handbook.field_name(name, language)
                for name in self.handbook.helpful(verdict.profile, verdict.fields)[:_MOST_HELPFUL]
            ),
            given=self.given(verdict.fields, language),
            hints=tuple(self._hint(hint, language) for hint in verdict.hints),
            leaked=tuple(
                dict.fromkeys(self.handbook.secret_name(s.kind, language) for s in reading.inspection.secrets)
            ),
            conflict=conflict,
            screenshot_only=Flag.SCREENSHOT_ONLY in verdict.flags,
            phone_request=Flag.PHONE_REQUEST in verdict.flags,
            escalation=Flag.ESCALATION in verdict.flags,
            new_problem=Flag.NEW_PROBLEM in verdict.flags,
            incident=verdict.in_incident,
            several_topics=bool(verdict.pointers),
            crowd=self._crowd(reading.mail),
        )

    def given(self, findings: tuple[Finding, ...], language: Language) -> tuple[Given, ...]:
        """What was understood, in the reader's words; bodies of calls are left out."""
        return tuple(self._given(found, language) for found in findings if _worth_showing(found))

    def _crowd(self, mail: InboundMail) -> bool:
        """Whether the mail went to more people than a reply ever does."""
        return len({person.email for person in (*mail.to, *mail.cc)}) > self.settings.limits.recipients

    def _may_get(self, person: Address, circle: Circle | None) -> bool:
        """Whether a reply may go to somebody: a person who can be written to and, in a ticket, belongs to it."""
        return (
            not self.settings.desk.is_ours(person.email)
            and deliverable(person.email)
            and not is_machine_address(person.email)
            and (circle is None or circle.may_hear(person.email))
        )

    def _pointer(self, topic: str, language: Language) -> Pointer | None:
        found = self.rulebook.topic(topic)
        if found.contact is None:
            return None
        return replace(self._contact(found.contact, language), title=found.title[language])

    def _faq(self, verdict: Verdict, language: Language) -> Pointer | None:
        """The FAQ is about one product: who asks about another is not sent there."""
        products = {found.value for found in verdict.fields if found.field == "product"}
        return self._contact(FAQ, language) if products <= {FAQ_PRODUCT} else None

    def _contact(self, key: str, language: Language) -> Pointer:
        contact = self.rulebook.contact(key, self.settings.era)
        return Pointer(contact.label[language], contact.label[language], Link(contact.value))

    def _pointers(self, topics: tuple[str, ...], language: Language) -> tuple[Pointer, ...]:
        found = (self._pointer(topic, language) for topic in topics)
        return tuple({pointer.link: pointer for pointer in found if pointer}.values())

    def _asked(self, verdict: Verdict, name: str) -> Asked:
        question = self.handbook.question(name, verdict.profile, verdict.language)
        return Asked(question.name, question.why)

    def _given(self, found: Finding, language: Language) -> Given:
        value = self.handbook.shown_value(found, language)
        shown = " ".join(value.split())
        shortened = shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]} …"
        return Given(self.handbook.field_name(found.field, language), shortened)

    def _hint(self, hint: str, language: Language) -> Hint:
        answer = self.handbook.answer(hint)
        return Hint(answer.gist[language], Link(answer.link))

    def _conflict(self, verdict: Verdict, reading: Reading) -> Conflict | None:
        if Flag.ENVIRONMENT_CONFLICT not in verdict.flags:
            return None
        return self.handbook.conflict(reading.inspection.findings, verdict.language)


def subject_for(subject: str, number: TicketNumber) -> str:
    """`[VSD-12345] Re: what it was`: the number first, the sender's own subject kept so that threads stay together."""
    bare = bare_subject(subject)
    return f"[{number}] Re: {bare}"[:_LONGEST_SUBJECT] if bare else f"[{number}]"


def _references(mail: InboundMail, ticket_id: str) -> tuple[str, ...]:
    """The ticket's constant id first, then the thread as it came, its middle left out when it is long."""
    thread = [one for one in dict.fromkeys((*mail.references, mail.message_id)) if one and one != ticket_id]
    if len(thread) > _MOST_REFERENCES:
        thread = [thread[0], *thread[1 - _MOST_REFERENCES :]]
    return (ticket_id, *thread)


def _worth_showing(found: Finding) -> bool:
    """What helps the sender see that we understood; bodies of calls would only repeat the mail."""
    return found.field in _SHOWN and found.value != "conflict"
