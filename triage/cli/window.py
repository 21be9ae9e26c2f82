"""Options that bound a time: a day, or so many days back."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import click


class _Day(click.ParamType[datetime]):
    """2026-03-02, or 90d for ninety days before today; the beginning of that day (UTC)."""

    name = "DAY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        if text.endswith("d") and text[:-1].isdigit() and len(text) < 7:
            today = datetime.combine(datetime.now(UTC).date(), time(), UTC)
            return today - timedelta(days=int(text[:-1]))
        try:
            return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            self.fail(f"'{text}' is no day; write 2026-03-02, or 90d for ninety days back", param, ctx)


since_option = click.option("--since", type=_Day(), help="First day that counts (UTC): 2026-03-02, or 90d.")
until_option = click.option("--until", type=_Day(), help="First day that no longer counts (UTC).")
