"""Time expressions: when something happens or becomes known, written as a sum.

Grammar: ``term ("+" term)*``. The first term names a timestamp column, or makes a day (its midnight
in UTC) of integer columns: ``date(year)``, ``date(year, month)``, ``date(year, month, day)``. Each
later one is a duration (``1h``) or a numeric column with a unit (``dep_delay minutes``). Months and
years are the calendar's and are added first: a month after January the 31st is the last day of
February. Example: ``event_time + dep_delay minutes + air_time minutes + 1h``. A null operand makes
the result null: what is not known has no time at which it was known. A name with other characters
than letters, digits and ``_`` stands in quotes, as in SQL: ``"Sale date" + "Hour of day" hours``.
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

_QUOTED = r'"(?:[^"]|"")+"'
_NAME = rf"{_QUOTED}|[^\W\d]\w*"
_COLUMN = re.compile(_NAME)
_OFFSET = re.compile(rf"({_NAME})\s+(\w+)")
_DATE = re.compile(rf"date\(\s*((?:{_NAME})(?:\s*,\s*(?:{_NAME})){{0,2}})\s*\)")
_TERM = re.compile(rf"(?:{_QUOTED}|[^+])*")
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
    first, *rest = _terms(text)
    base = _base(first)
    constant, months = timedelta(), 0
    offsets = []
    for term in rest:
        counted = _OFFSET.fullmatch(term)
        if counted and counted[2] in _MICROSECONDS:
            offsets.append(ColumnOffset(_bare(counted[1]), counted[2]))
        elif _COLUMN.fullmatch(term):
            raise ValueError(f"{term!r} needs a unit: '{term} minutes' (or seconds, hours, days)")
        else:
            more_months, more = parse_calendar_duration(term)
            months, constant = months + more_months, constant + more
    return TimeExpression(base, constant, tuple(offsets), months)


def written_column(name: str) -> str:
    """A column's name as a time expression has it."""
    return name if re.fullmatch(r"[^\W\d]\w*", name) else '"' + name.replace('"', '""') + '"'


def _bare(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written


def _terms(text: str) -> list[str]:
    """What stands between the signs ``+`` outside of quotes."""
    terms, place = [], 0
    while True:
        match = _TERM.match(text, place)
        assert match is not None
        terms.append(match[0].strip())
        if match.end() == len(text):
            return terms
        place = match.end() + 1


def _base(term: str) -> str | tuple[str, ...]:
    if _COLUMN.fullmatch(term):
        return _bare(term)
    if match := _DATE.fullmatch(term):
        return tuple(_bare(name) for name in _COLUMN.findall(match[1]))
    raise ValueError(
        f"{term!r} must be the name of a timestamp column, as in 'time_hour + minute minutes + "
        "1h', or date(year, month, day) of integer columns"
    )
