"""Time expressions: when something happens or becomes known, written as a sum.

Grammar: ``term ("+" term)*``. The first term names a timestamp column; each later one is a duration
(``1h``) or a numeric column with a unit (``dep_delay minutes``). Example: ``event_time + dep_delay
minutes + air_time minutes + 1h``. A null operand makes the result null: what is not known has no
time at which it was known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from ghosteam.problem.durations import parse_duration

FIRST_YEAR, LAST_YEAR = 1700, 2200
"""Of every time of a row: what every store and library on the way can hold, with room for windows
around it.
"""

_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MICROSECONDS = {
    "seconds": 1_000_000,
    "minutes": 60_000_000,
    "hours": 3_600_000_000,
    "days": 86_400_000_000,
}


@dataclass(frozen=True)
class ColumnOffset:
    """A numeric column counted in a unit."""

    column: str
    unit: str

    @property
    def microseconds(self) -> int:
        """Microseconds in one unit."""
        return _MICROSECONDS[self.unit]


@dataclass(frozen=True)
class TimeExpression:
    """``base`` column plus a constant plus columns counted in units."""

    base: str
    constant: timedelta
    offsets: tuple[ColumnOffset, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the expression reads, base first."""
        return (self.base, *(offset.column for offset in self.offsets))


def parse_time_expression(text: str) -> TimeExpression:
    """Parse a time expression.

    Raises:
        ValueError: the text does not follow the grammar; the message names the term.
    """
    first, *rest = (term.strip() for term in text.split("+"))
    if not _COLUMN.fullmatch(first):
        raise ValueError(
            f"{first!r} must be the name of a timestamp column, as in 'time_hour + minute minutes "
            "+ 1h'"
        )
    constant = timedelta()
    offsets = []
    for term in rest:
        column, _, unit = term.partition(" ")
        if unit in _MICROSECONDS and _COLUMN.fullmatch(column):
            offsets.append(ColumnOffset(column, unit))
        elif _COLUMN.fullmatch(term):
            raise ValueError(f"{term!r} needs a unit: '{term} minutes' (or seconds, hours, days)")
        else:
            constant += parse_duration(term)
    return TimeExpression(first, constant, tuple(offsets))
