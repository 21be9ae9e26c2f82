"""What IMAP and SMTP share: TLS settings, and one clear line for every way a connection fails."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a server could not be reached, in one line; `lasting` means that waiting will not mend it."""

    lasting: bool
    line: str


class BadAuthority(OSError):  # noqa: N818 - an OSError, so that it takes the way of all connection failures
    """The file of trusted authorities cannot be used; the message says why."""


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Settings that check the certificate and the host name, against the system's authorities or a file's.

    Raises BadAuthority when the file cannot be read.
    """
    if ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except ssl.SSLError:
        raise BadAuthority(f"'ca_file' {ca_file} holds no certificate in PEM form") from None
    except OSError as error:
        raise BadAuthority(f"'ca_file' {ca_file} cannot be read: {error.strerror}") from None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def diagnose(error: OSError, host: str, port: int) -> Diagnosis:
    """What an error while connecting means for the operator."""
    where = f"{host}:{port}"
    match error:
        case BadAuthority():
            return Diagnosis(True, str(error))
        case ssl.SSLCertVerificationError():
            advice = "correct 'host', or name the authority's file in 'ca_file'"
            return Diagnosis(True, f"the certificate of {where} is not valid ({error.verify_message}); {advice}")
        case ssl.SSLError():
            advice = "check 'tls' (ssl or starttls) and 'port'"
            return Diagnosis(True, f"{where} does not speak TLS as expected ({error.reason or error}); {advice}")
        case socket.gaierror() if error.errno != socket.EAI_AGAIN:
            return Diagnosis(True, f"the host name '{host}' is not known; correct 'host'")
        case ConnectionRefusedError():
            return Diagnosis(False, f"nothing answers at {where}; is the server up, and 'port' right?")
        case TimeoutError():
            return Diagnosis(False, f"{where} does not answer in time; is the network up, 'port' and 'tls' right?")
        case _:
            return Diagnosis(False, f"no connection to {where}: {error.strerror or error}")
