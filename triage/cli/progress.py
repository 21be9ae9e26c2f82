"""Progress of what takes longer than two seconds, on standard error."""

from __future__ import annotations

import sys

import click


def training(done: int, steps: int) -> None:
    """Show how far the training of the model is; called only while one is trained."""
    end = "\n" if done >= steps else ""
    lead = "\r" if sys.stderr.isatty() else ""
    if lead or end or done <= 1:
        click.echo(f"{lead}training the model from rules/examples: step {done} of {steps} {end}", err=True, nl=not lead)
