"""The yardstick: a bare bot with the desk's libraries and none of its care. It fetches, parses, tries some patterns, keeps
a row, answers with a fixed text over one SMTP connection and moves the mail. No quotes, languages, model, fields,
threads, limits, retries or templates. What it reaches is about what the protocols cost.

python -m bench.floor once|idle IMAP_PORT USER PASSWORD SMTP_PORT DATABASE
"""

from __future__ import annotations

import email
import re
import smtplib
import sqlite3
import sys
from email.message import Message
from email.utils import parseaddr

from imapclient import IMAPClient

BATCH = 50
PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:msn|merchant serial number|salgssted)\W{0,12}(\d{5,7})\b",
        r"\border[ _-]?id\b[\"':= ]{1,6}([\w.-]{4,50})",
        r"\b(?:test\w*|prod(?:uction|uksjon)?)\b",
        r"\b(?:GET|POST|PUT|PATCH|DELETE)\s+/\S+",
        r"\bHTTP\W{1,3}\d{3}\b",
        r"\b\d{4}-\d\d-\d\d\b",
        r"settlement|oppgj|faktura|invoice",
        r"bankid",
        r"woocommerce|magento|shopify",
        r"partner",
    )
]


class Floor:
    """The bot at work."""

    def __init__(self, imap_port: int, user: str, password: str, smtp_port: int, database: str) -> None:
        self._imap = IMAPClient("127.0.0.1", port=imap_port, ssl=False, timeout=60)
        self._imap.login(user, password)
        if not self._imap.folder_exists("Done"):
            self._imap.create_folder("Done")
        self._imap.select_folder("INBOX")
        self._smtp = smtplib.SMTP("127.0.0.1", smtp_port)
        self._db = sqlite3.connect(database)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS mail (id TEXT PRIMARY KEY, sender TEXT, subject TEXT, found TEXT)")

    def empty(self) -> int:
        """Handle all that waits; returns how many."""
        waiting = self._imap.search("UNSEEN")
        for start in range(0, len(waiting), BATCH):
            batch = waiting[start : start + BATCH]
            fetched = self._imap.fetch(batch, ["BODY.PEEK[]"])
            replies = [reply for uid in batch if (reply := self._handle(fetched[uid][b"BODY[]"]))]
            self._db.commit()
            for person, reply in replies:
                self._smtp.sendmail("integration@desk.example", [person], reply)
            self._imap.move(batch, "Done")
        return len(waiting)

    def idle(self) -> None:
        """Wait for mail, for ever."""
        while True:
            while self.empty():
                pass
            self._imap.idle()
            self._imap.idle_check(timeout=60)
            self._imap.idle_done()

    def _handle(self, raw: bytes) -> tuple[str, bytes] | None:
        message = email.message_from_bytes(raw)
        sender, subject = parseaddr(str(message["From"]))[1], str(message["Subject"])
        text = f"{subject}\n{_text(message)}"[:4000]
        found = [number for number, pattern in enumerate(PATTERNS) if pattern.search(text)]
        row = (str(message["Message-ID"]), sender, subject, str(found))
        self._db.execute("INSERT OR IGNORE INTO mail VALUES (?, ?, ?, ?)", row)
        if message["Auto-Submitted"] or message["List-Id"] or message["Precedence"] or "daemon" in sender.lower():
            return None
        heads = f"From: integration@desk.example\nTo: {sender}\nSubject: Re: ticket\nIn-Reply-To: {row[0]}\nAuto-Submitted: auto-replied\n"
        return sender, f"{heads}\nWe have received your mail.\n".replace("\n", "\r\n").encode()


def _text(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain" and not part.get_filename():
            body = part.get_payload(decode=True)
            return body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
    return ""


if __name__ == "__main__":
    how, imap_port, user, password, smtp_port, database = sys.argv[1:]
    floor = Floor(int(imap_port), user, password, int(smtp_port), database)
    floor.empty() if how == "once" else floor.idle()
