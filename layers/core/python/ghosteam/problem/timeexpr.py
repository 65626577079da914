"""Time expressions: when something happens or becomes known, written as a sum.

Grammar: ``term ("+" term)*``. The first term names a timestamp column, or makes a day (its midnight
in UTC) of integer columns: ``date(year)``, ``date(year, month)``, ``date(year, month, day)``. Each
later one is a duration (``1h``) or a numeric column with a unit (``dep_delay minutes``). Months and
years are the calendar's and are added first: a month after January the 31st is the last day of
February. Example: ``event_time + dep_delay minutes + air_time minutes + 1h``. A null operand makes
the result null: what is not known has no time at which it was known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ghosteam.problem.durations import parse_calendar_duration

FIRST_YEAR, LAST_YEAR = 1700, 2200
"""Of every time of a row: what every store and library on the way can hold, with room for windows
around it.
"""
NO_TIME = "none"
"""Instead of a time expression: events have no time."""
ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for the time of events that have none, where something must: nothing depends on it, and
nobody is told it.
"""

_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DATE = re.compile(r"date\(([^()]*)\)")
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
    """``base`` (a timestamp column, the integer columns of a year, a month and a day, or a moment
    that all rows share) plus calendar months, a constant and columns counted in units.
    """

    base: str | tuple[str, ...] | datetime
    constant: timedelta
    offsets: tuple[ColumnOffset, ...]
    months: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the expression reads, base first."""
        if isinstance(self.base, datetime):
            base: tuple[str, ...] = ()
        else:
            base = (self.base,) if isinstance(self.base, str) else self.base
        return (*base, *(offset.column for offset in self.offsets))


def parse_time_expression(text: str) -> TimeExpression:
    """Parse a time expression; ``none`` is the same moment for every row.

    Raises:
        ValueError: the text does not follow the grammar; the message names the term.
    """
    if text.strip() == NO_TIME:
        return TimeExpression(ANY_TIME, timedelta(), ())
    first, *rest = (term.strip() for term in text.split("+"))
    base = _base(first)
    constant, months = timedelta(), 0
    offsets = []
    for term in rest:
        column, _, unit = term.partition(" ")
        if unit in _MICROSECONDS and _COLUMN.fullmatch(column):
            offsets.append(ColumnOffset(column, unit))
        elif _COLUMN.fullmatch(term):
            raise ValueError(f"{term!r} needs a unit: '{term} minutes' (or seconds, hours, days)")
        else:
            more_months, more = parse_calendar_duration(term)
            months, constant = months + more_months, constant + more
    return TimeExpression(base, constant, tuple(offsets), months)


def _base(term: str) -> str | tuple[str, ...]:
    if _COLUMN.fullmatch(term):
        return term
    if match := _DATE.fullmatch(term):
        columns = tuple(column.strip() for column in match[1].split(","))
        if len(columns) <= 3 and all(_COLUMN.fullmatch(column) for column in columns):
            return columns
    raise ValueError(
        f"{term!r} must be the name of a timestamp column, as in 'time_hour + minute minutes + "
        "1h', or date(year, month, day) of integer columns"
    )
