"""One exit code a kind of failure, and one clear line for each (docs/operating.md lists them)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from triage.domain import OperatorError
from triage.yamlfile import Problems

FOUND = 1
WRONG_FILES = 3


def fail(code: int, message: str) -> NoReturn:
    """Say what is wrong on standard error and end."""
    click.secho(message, err=True, fg="red" if sys.stderr.isatty() else None)
    raise SystemExit(code)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn the failures an operator can mend into one line and an exit code; anything else is our bug."""
    try:
        yield
    except Problems as problems:
        fail(WRONG_FILES, str(problems))
    except OperatorError as error:
        fail(error.exit_code, str(error))
