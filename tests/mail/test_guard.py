"""The guard: machines get silence with a stable code, people get none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cpu import seconds
from tests.mail.guard_cases import Case, cases
from triage.domain import Address, InboundMail, Kind
from triage.mail import guard
from triage.mail.guard import Ours, reason_for_silence
from triage.mail.reader import parse

CASES = cases()
OURS = Ours(addresses=frozenset({"integration@desk.example"}), message_id_domains=frozenset({"id.desk.example"}))
QUESTION = InboundMail(
    key="",
    message_id="1@shop.example",
    sender=Address("ann@shop.example", "Ann Buyer"),
    subject="Capture fails",
    new="Capture gives HTTP 400.",
)


def code(mail: InboundMail) -> str | None:
    silence = reason_for_silence(mail, OURS)
    return silence.code if silence else None


def with_header(name: str, value: str) -> InboundMail:
    return replace(QUESTION, headers=((name, value),))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name} -> {case.code}")
def test_a_mail_gives_its_reason_or_none(case: Case) -> None:
    """F08: not only by our own mark."""
    assert code(parse(case.raw)) == case.code


def test_the_cases_cover_every_reason_and_enough_people() -> None:
    assert {case.code for case in CASES} == {code for code, _ in guard._CHECKS} | {None}
    assert sum(case.code is None for case in CASES) >= 30


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("auto-submitted", "no", None),
        ("auto-submitted", "No", None),
        ("auto-submitted", " no ; owner-email=ann@shop.example", None),
        ("auto-submitted", "(auto-replied) no (really (truly))", None),
        ("auto-submitted", "", None),
        ("auto-submitted", "(no comment)", None),
        ("auto-submitted", "auto-replied", "auto_submitted"),
        ("auto-submitted", "AUTO-GENERATED", "auto_submitted"),
        ("auto-submitted", "auto-notified; owner-email=ann@shop.example", "auto_submitted"),
        ("auto-submitted", "auto-replied (vacation)", "auto_submitted"),
        ("auto-submitted", "x-something-new", "auto_submitted"),
        ("x-auto-response-suppress", "OOF", "suppressed"),
        ("x-auto-response-suppress", "DR, OOF, AutoReply", "suppressed"),
        ("x-auto-response-suppress", "dr;autoreply", "suppressed"),
        ("x-auto-response-suppress", "ALL", "suppressed"),
        ("x-auto-response-suppress", "DR, RN", None),
        ("x-auto-response-suppress", "NONE", None),
        ("precedence", "BULK", "precedence"),
        ("precedence", "list", "mailing_list"),
        ("precedence", "normal", None),
        ("return-path", "<>", "null_return_path"),
        ("return-path", " < > ", "null_return_path"),
        ("return-path", "<MAILER-DAEMON>", "null_return_path"),
        ("return-path", "<ann@shop.example>", None),
        ("return-path", "", None),
        ("list-id", "<dev.lists.example>", "mailing_list"),
        ("list-unsubscribe-post", "List-Unsubscribe=One-Click", None),
        ("x-autoreply", "YES", "autoreply_header"),
        ("x-autoreply-from", "ann@shop.example", "autoreply_header"),
        ("x-autorespond", "Re: Capture", "autoreply_header"),
        ("x-mail-autoreply", "1", "autoreply_header"),
        ("x-autorespond", "no", None),
        ("delivered-to", "Autoresponder", "autoreply_header"),
        ("x-loop", "Integration@Desk.example", "loop"),
        ("x-spam-flag", "yes", "spam"),
        ("x-spam-flag", "NO", None),
        ("x-spam-status", "No, score=4.9 tests=YES_LINK", None),
        ("x-ms-exchange-organization-scl", "5", "spam"),
        ("x-ms-exchange-organization-scl", "4", None),
        ("x-ms-exchange-organization-scl", "-1", None),
        ("x-ms-exchange-organization-scl", "nine", None),
        ("x-forefront-antispam-report", "CIP:1;SCL:-1;SFV:SKN;", None),
        ("x-forefront-antispam-report", "CIP:1;SCL:9;SFV:BLK", "spam"),
        ("x-rspamd-action", "reject", "spam"),
        ("x-rspamd-action", "greylist", None),
        ("x-failed-recipients", "kari@shop.example", "bounce"),
    ],
)
def test_a_header_counts_by_its_value(name: str, value: str, expected: str | None) -> None:
    """F15: `Auto-Submitted: no` is a person's."""
    assert code(with_header(name, value)) == expected


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("mailer-daemon@mx.shop.example", "bounce"),
        ("postmaster@mx.shop.example", "bounce"),
        ("bounces+12-ab=shop.example@mail.example", "bounce"),
        ("noreply@shop.example", "no_reply_sender"),
        ("do_not_reply@shop.example", "no_reply_sender"),
        ("shop.no-reply@shop.example", "no_reply_sender"),
        ("svara-inte@shop.example", "no_reply_sender"),
        ("besvar-ikke@shop.example", "no_reply_sender"),
        ("ei-vastata@shop.example", "no_reply_sender"),
        ("nicht-antworten@shop.example", "no_reply_sender"),
        ("post@shop.example", None),
        ("admin@shop.example", None),
        ("norepl@shop.example", None),
        ("daemon.hansen@shop.example", None),
        ("support@shop.example", None),
        ("", "no_sender"),
    ],
)
def test_a_sender_counts_by_the_local_part(email: str, expected: str | None) -> None:
    """F05: senders nobody reads are not answered."""
    assert code(replace(QUESTION, sender=Address(email))) == expected


def test_a_reply_to_that_takes_no_replies_counts_too() -> None:
    assert code(replace(QUESTION, reply_to=(Address("noreply@shop.example"),))) == "no_reply_sender"


def test_parts_of_an_attached_mail_do_not_count() -> None:
    report = ("multipart/report; report-type=delivery-status", "text/plain", "message/delivery-status")
    assert code(replace(QUESTION, content_types=report)) == "bounce"
    assert code(replace(QUESTION, content_types=("multipart/mixed", "message/rfc822", *report))) is None


def test_spam_is_told_apart_from_machines_and_shows_what_was_seen() -> None:
    silence = reason_for_silence(with_header("x-spam-flag", "YES"), OURS)
    assert silence is not None
    assert (silence.kind, silence.seen) == (Kind.SPAM, "x-spam-flag: YES")
    bounce = reason_for_silence(with_header("return-path", "<>"), OURS)
    assert bounce is not None
    assert bounce.kind is Kind.AUTOMATIC


def test_what_is_ours_depends_on_the_desk() -> None:
    mail = replace(QUESTION, sender=Address("integration@desk.example"))
    assert code(mail) == "own_mail"
    assert reason_for_silence(mail, Ours()) is None


NAMES = st.sampled_from(
    [
        "auto-submitted",
        "precedence",
        "return-path",
        "x-loop",
        "list-id",
        "list-post",
        "x-ms-exchange-organization-scl",
        "x-forefront-antispam-report",
        "content-class",
        "x-zendesk-a",
        "",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=200), st.sampled_from(["Automatic reply:", "jeg er på ferie", "((((", "<>", "５", "²"])
)


@given(TEXTS, TEXTS, TEXTS, st.lists(st.tuples(NAMES, TEXTS), max_size=5), st.lists(TEXTS, max_size=3))
def test_the_guard_never_raises(
    email: str, subject: str, new: str, headers: list[tuple[str, str]], types: list[str]
) -> None:
    mail = replace(
        QUESTION,
        sender=Address(email),
        subject=subject,
        new=new,
        headers=tuple(headers),
        content_types=tuple(types),
    )
    silence = reason_for_silence(mail, OURS)
    assert silence is None or (silence.code and silence.seen)


@pytest.mark.parametrize("piece", ["(", "no-", "a ", "vi har mottatt ", "i am ", "-", "your message ", "<", "re: "])
def test_hostile_mail_costs_no_more_than_its_length(piece: str) -> None:
    def cpu(copies: int) -> float:
        long = piece * copies
        mail = replace(
            QUESTION,
            sender=Address(f"{long}@shop.example"),
            subject=long,
            new=long,
            headers=tuple(
                (name, long) for name in ("auto-submitted", "precedence", "x-loop", "return-path", "list-id")
            ),
        )
        return seconds(lambda: reason_for_silence(mail, OURS))

    assert cpu(80_000) < 12 * max(cpu(20_000), 0.02)
