"""Lengths that are counted by the calendar where a moment is at hand: a month before March the 31st
is the last day of February, and a year before a begin of a year is one too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from ghosteam.problem.durations import format_duration, longest, parse_calendar_duration
from ghosteam.problem.periods import after_months


@dataclass(frozen=True)
class Length:
    """``months`` of the calendar, or else ``rest``, which is the same everywhere."""

    months: int
    rest: timedelta

    def __str__(self) -> str:
        """As ``problem.yaml`` writes it."""
        if not self.months:
            return format_duration(self.rest)
        years, months = divmod(self.months, 12)
        return f"{self.months} month{'s' * (self.months > 1)}" if months else f"{years}y"

    def __mul__(self, times: int) -> Length:
        return Length(self.months * times, self.rest * times)

    @property
    def longest(self) -> timedelta:
        """It is never longer."""
        return self.rest + longest(self.months)

    def after(self, moment: datetime) -> datetime:
        """So long after ``moment`` (aware). Raises OverflowError outside of the years 1 to 9999."""
        return after_months(moment, self.months) + self.rest

    def before(self, moment: datetime) -> datetime:
        """So long before ``moment`` (aware). Raises OverflowError outside of the years 1 to
        9999.
        """
        return after_months(moment, -self.months) - self.rest


NOTHING = Length(0, timedelta())


def days(number: int) -> Length:
    """So many days."""
    return Length(0, timedelta(days=number))


def parse_length(text: object) -> Length:
    """``"7d"``, ``"1 month"``; see :mod:`ghosteam.problem.durations`.

    Raises:
        ValueError: the text is no duration.
    """
    return text if isinstance(text, Length) else Length(*parse_calendar_duration(text))


CalendarLength = Annotated[
    Length,
    BeforeValidator(parse_length),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "format": "duration"}),
]
