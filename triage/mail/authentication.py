"""What our own mail server found out about a sender: the result of DMARC in its Authentication-Results header.

Anybody can write such a header. It counts only under the name (authserv-id) of our server, which takes away those that
come with its name from outside (RFC 8601 section 5), and of several the topmost: servers write on top.
"""

from __future__ import annotations

import re

from triage.domain import InboundMail
from triage.mail.guard_clues import without_comments

UNNAMED = "unnamed"  # a server that writes no name of its own: Microsoft 365

_DMARC = re.compile(r"\s*dmarc\s*(?:/\s*\d{1,3}\s*)?=\s*([a-z]+)", re.IGNORECASE)
_MOST_HEADERS = 50


def fails_dmarc(mail: InboundMail, authserv: str | None) -> bool:
    """Whether our server says that the mail is not from the domain in From. Without its name nothing is looked at."""
    return bool(authserv) and dmarc_result(mail, authserv or "") == "fail"


def dmarc_result(mail: InboundMail, authserv: str) -> str:
    """The word for DMARC in the topmost header of this server that has one, in lower case; "" when none has."""
    for value in mail.all_headers("authentication-results")[:_MOST_HEADERS]:
        named, *results = without_comments(value).split(";")
        name = named.split("=")[0].split()[:1] if "=" not in named else [UNNAMED]
        if not name or name[0].strip('"').casefold() != authserv.casefold():
            continue
        found = filter(None, (_DMARC.match(each) for each in (named, *results)))
        if first := next(iter(found), None):
            return first[1].casefold()
    return ""
