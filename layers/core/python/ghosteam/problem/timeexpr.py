"""Time expressions: when something happens or becomes known, written as a sum.

Grammar: ``term ("+" term)*``. The first term names a timestamp column, or makes a day (its midnight
in UTC) of columns: ``date(year)``, ``date(year, month)``, ``date(year, month, day)``, integers, of
which the month may be a text that names it. Each later one is a duration (``1h``), a numeric column
with a unit (``dep_delay minutes``), or a column that shows what a clock did on that day
(``dep_time clock``: ``14:05``, ``2:05 pm`` or 1405), in the zone of the day's column; that is when
all else is counted from. Months and years are the calendar's and are added first: a month after
January the 31st is the last day of February. Example: ``event_time + dep_delay minutes + air_time
minutes + 1h``. A null operand makes the result null: what is not known has no time at which it was
known. A name with other characters than letters, digits and ``_`` stands in quotes, as in SQL:
``"Sale date" + "Hour of day" hours``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ghosteam.problem.durations import parse_calendar_duration
from ghosteam.problem.moments import Ambiguous

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
_CLOCK = "clock"
_A_DAY = 3
"""Parts of a date that is a day, and not the first of a month."""
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


class Zoned(Protocol):
    """A column in whose zone text is wall-clock time."""

    @property
    def zone(self) -> str:
        """The zone's IANA name."""

    @property
    def ambiguous(self) -> Ambiguous:
        """Which is meant of a time that the zone's clocks show twice."""


@dataclass(frozen=True)
class ClockColumn:
    """A column of times of day, as the wall clocks of a zone show them; ``ambiguous``: which is
    meant of a time that they show twice.
    """

    column: str
    zone: str = "UTC"
    ambiguous: Ambiguous = "refuse"


@dataclass(frozen=True)
class TimeExpression:
    """``base`` (a timestamp column, the columns of a year, a month and a day, or a moment that all
    rows share), on its day at what a ``clock`` shows, plus calendar months, a constant and columns
    counted in units.
    """

    base: str | tuple[str, ...] | datetime
    constant: timedelta
    offsets: tuple[ColumnOffset, ...]
    months: int = 0
    clock: ClockColumn | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the expression reads, base first."""
        if isinstance(self.base, datetime):
            base: tuple[str, ...] = ()
        else:
            base = (self.base,) if isinstance(self.base, str) else self.base
        clock = (self.clock.column,) if self.clock else ()
        return (*base, *clock, *(offset.column for offset in self.offsets))

    def on_clocks_of(self, columns: Mapping[str, Zoned]) -> TimeExpression:
        """The same, its clock being one of the zone of the day's column."""
        if self.clock is None or not isinstance(self.base, str) or self.base not in columns:
            return self
        day = columns[self.base]
        return replace(self, clock=ClockColumn(self.clock.column, day.zone, day.ambiguous))


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
    clock: ClockColumn | None = None
    offsets = []
    for term in rest:
        counted = _OFFSET.fullmatch(term)
        if counted and counted[2] in _MICROSECONDS:
            offsets.append(ColumnOffset(_bare(counted[1]), counted[2]))
        elif counted and counted[2] == _CLOCK:
            _check_clock(base, clock, text)
            clock = ClockColumn(_bare(counted[1]))
        elif _COLUMN.fullmatch(term):
            raise ValueError(
                f"{term!r} needs a unit: '{term} minutes' (or seconds, hours, days); or '{term} "
                "clock' of times of day such as 14:05"
            )
        else:
            more_months, more = parse_calendar_duration(term)
            months, constant = months + more_months, constant + more
    return TimeExpression(base, constant, tuple(offsets), months, clock)


def _check_clock(
    base: str | tuple[str, ...] | datetime, other: ClockColumn | None, text: str
) -> None:
    if other is not None:
        raise ValueError(f"{text!r} has two clocks: a day has one time")
    if isinstance(base, tuple) and len(base) < _A_DAY:
        raise ValueError(f"{text!r} has a clock and no day: write date(year, month, day)")


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
        "1h', or date(year, month, day) of columns"
    )
