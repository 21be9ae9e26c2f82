"""An SMTP server that accepts everything and writes down who got what and when; the contestants' replies end here.

python -m bench.sink LOG: prints its port; a line of the log is the monotonic time and the recipients.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TextIO

_GREETING = b"220 sink ESMTP\r\n"
_EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 52428800\r\n"


class Sink:
    """One session after another, each line answered at once."""

    def __init__(self, log: TextIO) -> None:
        self._log = log

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_GREETING)
        people: list[str] = []
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go ahead\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                self._log.write(f"{time.monotonic()} {' '.join(people)}\n")
                self._log.flush()
                people = []
            elif verb == b"RCPT":
                people.append(line.partition(b"<")[2].partition(b">")[0].decode())
            elif verb == b"QUIT":
                break
            writer.write(_EHLO if verb == b"EHLO" else b"250 OK\r\n")
        writer.close()


async def _serve(log: TextIO) -> None:
    server = await asyncio.start_server(Sink(log).talk, "127.0.0.1", 0, limit=100_000_000)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    with Path(sys.argv[1]).open("w", encoding="ascii") as file:
        asyncio.run(_serve(file))
