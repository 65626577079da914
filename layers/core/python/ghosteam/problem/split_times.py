"""Parts of a time in columns of their own, as people write them: the name of a month, and the time
that a clock shows. One reading, of files and of requests.
"""

from __future__ import annotations

import re
from datetime import timedelta

from ghosteam.problem.time_formats import MONTHS

MONTH_NUMBERS = {
    **{written: str(n) for n in range(1, 13) for written in (f"{n}", f"{n:02}")},
    **{name.lower(): str(n) for n, name in enumerate(MONTHS, 1)},
    **{name[:3].lower(): str(n) for n, name in enumerate(MONTHS, 1)},
    "sept": "9",
}
"""A month's number, by what a cell says: the number, or the English name; without blanks, a dot at
the end, and capitals.
"""
MONTH_ENDS = " \t."
"""What may stand around a month's name."""

_CLOCK = re.compile(
    r"(?P<h>\d\d?)(?::(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?",
    re.ASCII | re.IGNORECASE,
)
_DIGITS = re.compile(r"(?P<h>\d\d?)(?P<m>\d\d)(?P<s>\d\d)?", re.ASCII)
_NOON = 12
_ENDS_AT = timedelta(days=1)


def time_of_day(cell: str | int) -> timedelta | None:
    """How long after midnight a clock shows that: ``14:05``, ``14:05:09.5``, ``2:05 pm``, ``2 pm``;
    or digits alone, ``1405`` and, as text, ``140509``, which may lack zeros at their begin. A day
    ends at ``24:00``. None for what no clock shows.
    """
    if isinstance(cell, int):
        return _of_digits(f"{cell:04}") if cell <= 2400 else None
    text = cell.strip()
    if text.isdecimal():
        return _of_digits(text.zfill(4))
    found = _CLOCK.fullmatch(text)
    if found is None or not (found["m"] or found["half"]):
        return None
    hour = int(found["h"])
    if found["half"]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + _NOON * (found["half"] in "pP")
    micro = (found["f"] or "0").ljust(6, "0")[:6]
    return _after_midnight(hour, found["m"], found["s"], micro)


def _of_digits(text: str) -> timedelta | None:
    found = _DIGITS.fullmatch(text)
    return _after_midnight(int(found["h"]), found["m"], found["s"]) if found else None


def _after_midnight(
    hour: int, minute: str | None, second: str | None, micro: str = "0"
) -> timedelta | None:
    minutes, seconds = int(minute or 0), int(second or 0)
    if minutes > 59 or seconds > 59:
        return None
    found = timedelta(hours=hour, minutes=minutes, seconds=seconds, microseconds=int(micro))
    return found if found <= _ENDS_AT else None
