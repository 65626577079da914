"""Periods of time that touch one another, aligned to the calendar.

Months and years begin on the first day of one, weeks on Mondays, everything shorter counts from a
midnight of UTC; a stated origin moves the grid.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from ghosteam.problem.durations import format_duration, longest, parse_calendar_duration
from ghosteam.problem.moments import EPOCH

MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_SECOND, _WEEK = timedelta(seconds=1), timedelta(weeks=1)


@dataclass(frozen=True)
class Period:
    """A grid of instants, ``months`` or else ``length`` apart, one of which is the origin."""

    months: int
    length: timedelta
    origin: datetime | None = None

    @property
    def longest(self) -> timedelta:
        """No period is longer."""
        return self.length or longest(self.months)

    @property
    def start(self) -> datetime:
        """An instant of the grid (aware, UTC)."""
        if self.origin is not None:
            return self.origin
        return MONDAY if self.length and not self.length % _WEEK else EPOCH

    def begin(self, moment: datetime) -> int:
        """Unix seconds of the begin of the period that holds ``moment`` (aware)."""
        moment = moment.astimezone(UTC)
        if self.months:
            index = month_number(moment) - month_number(self.start)
            month = month_number(self.start) + index // self.months * self.months
            begin = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        else:
            begin = moment - (moment - self.start) % self.length
        return (begin - EPOCH) // _SECOND

    def begin_of(self, moment: datetime) -> datetime:
        """The begin of the period that holds ``moment`` (aware)."""
        return EPOCH + timedelta(seconds=self.begin(moment))

    def later(self, begin: datetime) -> datetime:
        """The begin of the period after the one that begins at ``begin``."""
        return after_months(begin, self.months) + self.length

    def check(self) -> None:
        """Raises ValueError for an origin that no such grid has."""
        start = self.start
        if self.months and start != datetime(start.year, start.month, 1, tzinfo=UTC):
            raise ValueError("the origin of months is the first of one, such as 2024-01-01")
        if start.microsecond:
            raise ValueError("the origin is a whole second")


def month_number(moment: datetime) -> int:
    """Months from the year 0 to that of ``moment``."""
    return moment.year * 12 + moment.month - 1


def after_months(moment: datetime, months: int) -> datetime:
    """The same time of day so many months later, earlier where they are negative; the month's last
    day where it has no such day.

    Raises:
        OverflowError: that is not in the years 1 to 9999.
    """
    if not months:
        return moment
    month = month_number(moment) + months
    year, month = month // 12, month % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError("there is no such year")
    return moment.replace(
        year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1])
    )


def parse_period(text: object) -> Period:
    """``"1w"``, ``"1 month"``; see :mod:`ghosteam.problem.durations`.

    Raises:
        ValueError: the text is no duration.
    """
    return text if isinstance(text, Period) else Period(*parse_calendar_duration(text))


def _written(period: Period) -> str:
    return f"{period.months} months" if period.months else format_duration(period.length)


Every = Annotated[
    Period,
    BeforeValidator(parse_period),
    PlainSerializer(_written, return_type=str),
    WithJsonSchema({"type": "string", "format": "duration"}),
]
