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
_MONTHS = {"month": 1, "y": 12}
_LONGEST_MONTH, _LONGEST_YEAR = timedelta(days=31), timedelta(days=366)
_DIGITS = {"s": 9, "m": 8, "h": 6, "d": 5, "w": 4, "month": 3, "y": 2}
"""Of a unit's number at most. So none is longer than 274 years, which every calendar can count, and
each can be written in a unit that divides it.
"""
_WORDS = {
    "s": "s|seconds?",
    "m": "m|minutes?",
    "h": "h|hours?",
    "d": "d|days?",
    "w": "w|weeks?",
    "month": "months?",
    "y": "y|years?",
}
DURATION = "|".join(f"[0-9]{{1,{digits}}} *(?:{_WORDS[unit]})" for unit, digits in _DIGITS.items())
"""The texts that are durations, as a regular expression for Python and for a JSON Schema."""


def parse_calendar_duration(text: object) -> tuple[int, timedelta]:
    """Whole months and the rest: ``"1y"`` to ``(12, timedelta())``, ``"7d"`` to ``(0,
    timedelta(days=7))``.

    Raises:
        ValueError: the text is not a whole number and a unit.
    """
    written = text.strip() if isinstance(text, str) else ""
    if not re.fullmatch(DURATION, written):
        raise ValueError(
            f"{text!r} is not a duration; write a whole number and a unit, at most 99 years: 30s, "
            "15m, 1h, 7d, 2w, 1 month, 1y"
        )
    word = written.lstrip("0123456789 ")
    number = int(written.removesuffix(word))
    unit = "month" if word.startswith("month") else word[0]
    if unit in _MONTHS:
        return number * _MONTHS[unit], timedelta()
    return 0, timedelta(seconds=number * _UNITS[unit])


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
    """A text that :func:`parse_duration` reads back to ``value`` (whole seconds), in the largest
    unit that divides it.
    """
    seconds = int(value.total_seconds())
    for unit in ("w", "d", "h", "m"):
        number, rest = divmod(seconds, _UNITS[unit])
        if number and not rest and len(str(number)) <= _DIGITS[unit]:
            return f"{number}{unit}"
    return f"{seconds}s"


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)
]
