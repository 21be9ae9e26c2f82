"""A certificate authority for the tests and a server certificate for localhost, made by the openssl program."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificates:
    """PEM files; `stranger` is another authority, which signed nothing here."""

    authority: Path
    stranger: Path
    certificate: Path
    key: Path


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def _authority(folder: Path, name: str) -> Path:
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key)
    use = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl("req", "-x509", *new_key, "-out", certificate, "-days", "30", "-subj", f"/CN={name}", *use)
    return certificate


def make_certificates(folder: Path) -> Certificates:
    """Make two authorities, and one certificate of the first for localhost and 127.0.0.1."""
    folder.mkdir(parents=True, exist_ok=True)
    authority, stranger = _authority(folder, "authority"), _authority(folder, "stranger")
    ask, key, certificate, extensions = (folder / f"server.{end}" for end in ("csr", "key", "pem", "ext"))
    extensions.write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key)
    _openssl("req", *new_key, "-out", ask, "-subj", "/CN=localhost")
    signer = ("-CA", authority, "-CAkey", authority.with_suffix(".key"), "-CAcreateserial")
    _openssl("x509", "-req", "-in", ask, *signer, "-days", "30", "-extfile", extensions, "-out", certificate)
    key.chmod(0o644)
    return Certificates(authority, stranger, certificate, key)
