"""A small web server for those who watch: /healthz (200 or 503, JSON) and /metrics (Prometheus). Meant for loopback."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from triage.domain import OperatorError
from triage.health.judging import Health, Picture, Reason
from triage.health.metrics import CONTENT_TYPE, page

_TIMEOUT = 10  # seconds a client may take to ask

Ask = Callable[[], Picture]


class PortTaken(OperatorError):  # noqa: N818 - the operator's word for it
    """`health.listen` cannot be used; the message says why."""

    exit_code = 4


class _OverIpv6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


def listen(address: str, ask: Ask) -> ThreadingHTTPServer:
    """Answer from now on, in threads of its own, until `shutdown()`. Raises PortTaken."""
    host, _, port = address.rpartition(":")
    kind = _OverIpv6 if host.startswith("[") else ThreadingHTTPServer
    try:
        server = kind((host.strip("[]"), int(port)), _handler(ask))
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or error
        raise PortTaken(f"'health.listen' {address} cannot be used: {said}; choose another port") from None
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def told(health: Health) -> dict[str, object]:
    """The judgement as /healthz says it."""
    return {
        "status": "red" if health.red else "green",
        "judged_at": health.at.isoformat(timespec="seconds"),
        "reasons": [_reason(each) for each in health.reasons],
    }


def _reason(reason: Reason) -> dict[str, object]:
    since = reason.since.isoformat(timespec="seconds") if reason.since else None
    return {"name": reason.name, "said": reason.said, "since": since}


def _handler(ask: Ask) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT
        server_version = "triage"
        sys_version = ""

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/healthz":
                    health = ask().health
                    self._answer(503 if health.red else 200, "application/json", json.dumps(told(health)).encode())
                case "/metrics":
                    self._answer(200, CONTENT_TYPE, page(ask()))
                case _:
                    self._answer(404, "text/plain", b"/healthz or /metrics\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Questions every few seconds are not worth a log."""

    return Handler
