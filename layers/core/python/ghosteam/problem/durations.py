"""Durations as people write them: ``90s``, ``15m``, ``1h``, ``7d``, ``2w``, ``1 month``, ``1y``.

Months and years have no fixed length. Where a calendar is at hand, in periods and in sums of times,
they are counted by it; as a mere length a month is 31 days and a year 366, the longest that they
can be, so that nothing counts as known too early.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_WORDS = {"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w"}
_MONTHS = {"month": 1, "year": 12, "y": 12}
_PATTERN = re.compile(r"(\d{1,9})\s*([a-z]+)", re.ASCII)
_LONGEST_MONTH, _LONGEST_YEAR = timedelta(days=31), timedelta(days=366)


def parse_calendar_duration(text: object) -> tuple[int, timedelta]:
    """Whole months and the rest: ``"1y"`` to ``(12, timedelta())``, ``"7d"`` to ``(0,
    timedelta(days=7))``.

    Raises:
        ValueError: the text is not a whole number and a unit.
    """
    match = _PATTERN.fullmatch(text.strip()) if isinstance(text, str) else None
    if match:
        number, unit = int(match[1]), match[2]
        one = unit.removesuffix("s") if len(unit) > 2 else unit
        if one in _MONTHS:
            return number * _MONTHS[one], timedelta()
        if (short := _WORDS.get(one, unit)) in _UNITS:
            return 0, timedelta(seconds=number * _UNITS[short])
    raise ValueError(
        f"{text!r} is not a duration; write a whole number and a unit: 30s, 15m, 1h, 7d, 2w, "
        "1 month, 1y"
    )


def parse_duration(text: object) -> timedelta:
    """``"7d"`` to ``timedelta(days=7)``; a month is 31 days, a year 366.

    Raises:
        ValueError: the text is not a whole number and a unit.
    """
    if isinstance(text, timedelta):
        return text
    months, rest = parse_calendar_duration(text)
    return rest + longest(months)


def longest(months: int) -> timedelta:
    """The longest that so many months can be, to the day's precision of whole years."""
    return months // 12 * _LONGEST_YEAR + months % 12 * _LONGEST_MONTH


def format_duration(value: timedelta) -> str:
    """The shortest text that :func:`parse_duration` reads back to ``value`` (whole seconds)."""
    seconds = int(value.total_seconds())
    unit = next((u for u in ("w", "d", "h", "m") if seconds and seconds % _UNITS[u] == 0), "s")
    return f"{seconds // _UNITS[unit]}{unit}"


DURATION_PATTERN = r"^\d{1,9}\s*([smhdwy]|seconds?|minutes?|hours?|days?|weeks?|months?|years?)$"
"""The texts that :func:`parse_duration` takes, for a JSON Schema."""

Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)
]
