"""The reports as a mail: the few figures to read first as text, everything else in one HTML file beside it.

Marked as machine mail (RFC 3834), so that no desk answers it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from triage.reports.report import Report
from triage.reports.telling import period, told
from triage.transport.outgoing import DESK_HEADER, Envelope


def last_weeks(now: datetime, weeks: int) -> tuple[datetime, datetime]:
    """From a Monday to before a Monday (UTC): the whole weeks that are over."""
    monday = datetime.combine(now.astimezone(UTC).date() - timedelta(days=now.astimezone(UTC).weekday()), time(), UTC)
    return monday - timedelta(weeks=weeks), monday


def compose(reports: Sequence[Report], page: str, to: Sequence[str], envelope: Envelope, message_id: str) -> bytes:
    """The mail as bytes. `page` is the HTML file; `message_id` has no angle brackets."""
    first = reports[0]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((envelope.sender.name, envelope.sender.email))
    mail["To"] = ", ".join(to)
    mail["Subject"] = f"Desk report {period(first)}"
    mail["Date"] = format_datetime(first.made_at)
    mail["Message-ID"] = f"<{message_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail[DESK_HEADER] = envelope.desk
    mail.set_content("\n".join(_lines(reports)) + "\n")
    name = f"desk-report-{first.made_at:%Y-%m-%d}.html"
    mail.add_attachment(page, subtype="html", charset="utf-8", cte="base64", filename=name)
    return mail.as_bytes()


def _lines(reports: Sequence[Report]) -> Iterator[str]:
    yield f"What the desk did, {period(reports[0])}. The attached file has all figures, charts and definitions;"
    yield "it opens in any browser and loads nothing from elsewhere."
    for report in reports:
        yield f"\n{report.title}"
        yield from (f"  {what}: {told(cell)}" for what, cell in report.headline)
        if not report.headline:
            yield "  no mail in this time"
