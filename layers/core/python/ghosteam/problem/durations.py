"""Durations as people write them: ``90s``, ``15m``, ``1h``, ``7d``, ``2w``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PATTERN = re.compile(r"(\d+)\s*([smhdw])")


def parse_duration(text: object) -> timedelta:
    """``"7d"`` to ``timedelta(days=7)``.

    Raises:
        ValueError: the text is not a whole number followed by s, m, h, d or w.
    """
    if isinstance(text, timedelta):
        return text
    match = _PATTERN.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(
            f"{text!r} is not a duration; write a whole number and a unit: 30s, 15m, 1h, 7d, 2w"
        )
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def format_duration(value: timedelta) -> str:
    """The shortest text that :func:`parse_duration` reads back to ``value`` (whole seconds)."""
    seconds = int(value.total_seconds())
    unit = next((u for u in ("w", "d", "h", "m") if seconds and seconds % _UNITS[u] == 0), "s")
    return f"{seconds // _UNITS[unit]}{unit}"


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)
]
