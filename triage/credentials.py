"""Passwords, keys and tokens: where they are kept, and the values themselves. Never in config.yaml.

Each stands in the environment, in a file or in a systemd credential, and is read when something is opened with it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from triage.domain import OperatorError
from triage.yamlfile import FilePath, Model, model_validator

log = logging.getLogger(__name__)


class Secret(Model):
    """Where a password is kept; exactly one of the three."""

    env: str | None = None
    file: FilePath | None = None
    credential: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Secret:
        if sum(source is not None for source in (self.env, self.file, self.credential)) != 1:
            raise ValueError("give exactly one of 'env', 'file' or 'credential' (never the password itself)")
        return self


class SecretMissing(OperatorError):  # noqa: N818 - says what happened
    """A password is not where config.yaml says it is; the message tells where it was looked for."""

    exit_code = 4


def secrets_of(value: object) -> Iterator[Secret]:
    """Every secret that the settings name, in their order."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from secrets_of(each)
    elif isinstance(value, Model):
        for name in type(value).model_fields:
            yield from secrets_of(getattr(value, name))


def reveal(secret: Secret, environment: Mapping[str, str] = os.environ) -> str:
    """The password itself. Raises SecretMissing with a sentence for the operator."""
    if secret.env is not None:
        if not environment.get(secret.env):
            raise SecretMissing(f"the environment variable {secret.env} is not set; set it or change config.yaml")
        return environment[secret.env]
    return _from_file(secret, environment)


def _from_file(secret: Secret, environment: Mapping[str, str]) -> str:
    if secret.credential is not None:
        folder = environment.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise SecretMissing(f"credential '{secret.credential}': not started by systemd with LoadCredential=")
        path = Path(folder) / secret.credential
    else:
        path = secret.file or Path()
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SecretMissing(f"the secret file {path} cannot be read: {error.strerror}") from None


def replace_secret(secret: Secret, value: str) -> None:
    """Write a new value where the old one is kept; only a file can take one, and the log says when it did not."""
    if secret.file is None:
        return
    fresh = secret.file.with_name(f".{secret.file.name}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{value}\n")
        fresh.replace(secret.file)
    except OSError as error:
        log.warning("the new refresh token cannot be kept in %s: %s", secret.file, error.strerror)
