"""The guard's checks of senders, headers and MIME types. Each says what it saw, or nothing.

Sources: RFC 3834 (automatic answers), RFC 3464 and 3798 (reports), RFC 5965 (feedback), RFC 2369 and 2919 (lists).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from triage.mail import guard_words as words
from triage.mail.guard_clues import Clues, folded, pattern, without_comments

MARKER: Final = "x-triage-desk"  # header of every mail the desk sends
SPAM_LEVEL: Final = 5  # Exchange's spam confidence level from which a mail is junk

# ── ours ────────────────────────────────────────────────────────────────────────────────────────────


_OWN_ID = re.compile(r"vsd-\d+\.")  # the beginning of every Message-ID the desk writes


def own_mail(clues: Clues) -> str:
    if _is_ours(clues.mail.sender.email.casefold(), clues.ours.addresses):
        return f"from: {clues.mail.sender.email}"
    local, _, domain = clues.mail.message_id.casefold().rpartition("@")
    if _OWN_ID.match(local) and domain in clues.ours.message_id_domains:  # colleagues may share the domain
        return f"message-id: {clues.mail.message_id}"
    return clues.first(MARKER)


def _is_ours(email: str, ours: frozenset[str]) -> bool:
    """With or without a +detail."""
    local, _, domain = email.rpartition("@")
    return email in ours or f"{local.partition('+')[0]}@{domain}" in ours


def loop(clues: Clues) -> str:
    found = (
        f"{name}: {value}"
        for name, value in clues.values("x-loop")
        for ours in clues.ours.addresses
        if ours in value.casefold()
    )
    return next(found, "")


# ── reports ─────────────────────────────────────────────────────────────────────────────────────────

_DAEMON = re.compile(rf"(?:{words.DAEMONS})$")
_DAEMON_NAME = pattern(words.DAEMON_NAMES)
_BOUNCE_SUBJECT = re.compile(rf"^\W{{0,3}}(?:{words.BOUNCE_SUBJECTS})")
_MAIL_SYSTEM = re.compile(
    r"\S@\S|\b[245]\.\d\.\d|original (?:message|mail)|opprinnelig|oprindelig|ursprunglig|alkuperäi|ursprüngliche"
)
_COMPLAINT = re.compile(rf"^\W{{0,3}}(?:{words.COMPLAINT_SUBJECTS})")
_BOUNCE = pattern(words.BOUNCES)
_RECEIPT_SUBJECT = re.compile(rf"^\W{{0,3}}(?:{words.RECEIPT_SUBJECTS})")
_READ = pattern(words.READS)


def feedback(clues: Clues) -> str:
    complaint = _COMPLAINT.match(clues.subject)
    about = complaint and any(kind.startswith("message/rfc822") for kind in clues.mail.content_types)
    by_type = clues.type_of("message/feedback-report") or _report(clues, "feedback-report")
    return by_type or (complaint[0] if complaint and about else "")


def _report(clues: Clues, report_type: str) -> str:
    kind = clues.type_of("multipart/report")
    return kind if report_type in kind else ""


def receipt(clues: Clues) -> str:
    by_type = clues.type_of("message/disposition-notification") or _report(clues, "disposition-notification")
    if by_type:
        return by_type
    return clues.says(_RECEIPT_SUBJECT, _READ)


def bounce(clues: Clues) -> str:
    by_form = (
        clues.type_of("message/delivery-status", "message/global-delivery-status", "text/rfc822-headers")
        or clues.type_of("multipart/report")
        or clues.first("x-failed-recipients")
    )
    if by_form:
        return by_form
    if _DAEMON.match(clues.local) or _DAEMON_NAME.search(folded(clues.mail.sender.name)):
        return f"from: {clues.mail.sender.name} <{clues.mail.sender.email}>"
    said = clues.says(_BOUNCE_SUBJECT, _BOUNCE)
    return said if said and (_MAIL_SYSTEM.search(clues.opening) or "@" not in clues.mail.sender.email) else ""


def calendar(clues: Clues) -> str:
    kind = clues.type_of("text/calendar")
    if "method=" in kind or clues.types[:1] == (kind,):
        return kind
    return next((value for _, value in clues.values("content-class") if "calendarmessage" in value.casefold()), "")


# ── headers of machines ─────────────────────────────────────────────────────────────────────────────

_LEVEL = re.compile(r"(?<!\w)SCL:(-?\d{1,3})")
_REPEATED: Final = ("bulk", "junk")
_SUPPRESSING: Final = frozenset({"all", "oof", "autoreply"})
_NOTIFIER = re.compile(rf"(?:{words.NOTIFIERS})$")
_NO_REPLY = re.compile(rf"(?:.*[-_.+])?(?:{words.NO_REPLIES})(?:[-_.+\d].*)?$")


def auto_submitted(clues: Clues) -> str:
    """RFC 3834 section 5: any value but `no` is a machine; comments and parameters say nothing."""
    for _, value in clues.values("auto-submitted", "x-auto-submitted"):
        keyword = without_comments(value).partition(";")[0].strip().casefold()
        if keyword and keyword != "no":
            return f"auto-submitted: {value}"
    return ""


def autoreply_header(clues: Clues) -> str:
    found = clues.first(*words.AUTOREPLY_HEADERS)
    if found:
        return found
    marks = (
        ("precedence", "auto"),
        ("x-precedence", "auto"),
        ("x-post-messageclass", "autoresponder"),
        ("delivered-to", "autoresponder"),
    )
    return next((f"{n}: {v}" for n, mark in marks for _, v in clues.values(n) if mark in v.casefold()), "")


def suppressed(clues: Clues) -> str:
    for name, value in clues.values("x-auto-response-suppress"):
        if _SUPPRESSING & set(re.split(r"[\s,;]+", value.casefold())):
            return f"{name}: {value}"
    return ""


def notification(clues: Clues) -> str:
    by_sender = f"from: {clues.mail.sender.email}" if _NOTIFIER.match(clues.local) else ""
    return clues.first(*words.NOTIFICATION_HEADERS) or by_sender


def mailing_list(clues: Clues) -> str:
    if _is_our_list(clues):
        return ""
    found = clues.first(*words.LIST_HEADERS)
    return found or next((f"{n}: {v}" for n, v in clues.values("precedence") if _keyword(v) == "list"), "")


def _is_our_list(clues: Clues) -> bool:
    """A support mailbox may be a mailing list itself (Google Groups): then every mail carries its headers."""
    told = " ".join(value for _, value in clues.values("list-post", "list-id")).casefold()
    return any(ours in told or ours.replace("@", ".") in told for ours in clues.ours.addresses)


def precedence(clues: Clues) -> str:
    return next((f"{n}: {v}" for n, v in clues.values("precedence") if _keyword(v) in _REPEATED), "")


def _keyword(value: str) -> str:
    return without_comments(value).partition(";")[0].strip().casefold()


def null_return_path(clues: Clues) -> str:
    for name, value in clues.values(
        "return-path", "x-envelope-from", "x-original-return-path", "envelope-from", "from"
    ):
        bare = "".join(without_comments(value).split()).casefold()
        if bare == "<>" or bare.strip("<>") == "mailer-daemon":
            return f"{name}: {value}"
    return ""


def is_machine(email: str) -> bool:
    """Whether nobody reads what is sent to an address, by its name: daemons, no-reply, notifiers."""
    local = email.partition("@")[0].strip().casefold()[:100]
    return any(pattern.match(local) for pattern in (_NO_REPLY, _DAEMON, _NOTIFIER))


def no_reply(clues: Clues) -> str:
    found = (
        a.email
        for a in (clues.mail.sender, *clues.mail.reply_to)
        if _NO_REPLY.match(a.email.partition("@")[0].casefold()[:100])
    )
    return next((f"from: {email}" for email in found), "")


def no_sender(clues: Clues) -> str:
    return (
        ""
        if any("@" in address.email for address in (clues.mail.sender, *clues.mail.reply_to))
        else "no address to answer to"
    )


def spam(clues: Clues) -> str:
    for name, value in clues.values(*_SPAM):
        if _SPAM[name](value.strip()):
            return f"{name}: {value}"
    return ""


def _yes(value: str) -> bool:
    return value.casefold().startswith(("yes", "true", "spam"))


def _high_level(value: str) -> bool:
    number = value.strip()
    return number.isascii() and number.isdigit() and int(number[:4]) >= SPAM_LEVEL


def _forefront(value: str) -> bool:
    level = _LEVEL.search(value)
    return any(mark in value.upper() for mark in ("SFV:SPM", "SFV:SKS", "SFV:SKB")) or bool(
        level and int(level[1]) >= SPAM_LEVEL
    )


def _rspamd(value: str) -> bool:
    return value.casefold().startswith(("reject", "add header", "rewrite subject", "quarantine"))


_SPAM: Final[dict[str, Callable[[str], bool]]] = {
    "x-spam-flag": _yes,
    "x-spam-status": _yes,
    "x-spam": _yes,
    "x-bogosity": _yes,
    "x-dspam-result": _yes,
    "x-barracuda-spam-flag": _yes,
    "x-cmae-verdict": _yes,
    "x-ms-exchange-organization-scl": _high_level,
    "x-forefront-antispam-report": _forefront,
    "x-rspamd-action": _rspamd,
}
