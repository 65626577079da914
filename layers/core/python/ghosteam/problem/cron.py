"""Times of a clock as EventBridge Scheduler writes them: ``minutes hours day-of-month month
day-of-week year``, in UTC.

A field is ``*`` or a list, with commas, of values, ranges ``a-b`` and steps ``a/n`` or ``*/n``; one
of the two fields of days is ``?``. Those of days also know ``L`` (the last), ``15W`` (the weekday
next to it) and ``FRI#2`` (the second of a month). Source: "Cron-based schedules", EventBridge
Scheduler user guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_FORM = "minutes hours day-of-month month day-of-week year, such as 30 6 ? * MON-FRI *"
_FIRST, _DAYS = date(2023, 1, 1), 5 * 366
"""A leap year and common ones on both sides: what follows on what in every month."""


def _numbered(names: str) -> dict[str, int]:
    return {name: number for number, name in enumerate(names.split(), 1)}


@dataclass(frozen=True)
class _Field:
    """``special``: values that depend on the month. ``steps``: whether ``/`` is known."""

    name: str
    least: int
    greatest: int
    names: Mapping[str, int] = field(default_factory=dict)
    special: str = ""
    steps: bool = True

    def values(self, text: str) -> frozenset[int]:
        """What stands in the field, but for what depends on the month.

        Raises:
            ValueError: it cannot stand there.
        """
        found: set[int] = set()
        for part in text.upper().split(","):
            if not (self.special and re.fullmatch(self.special, part)):
                found.update(self._range(part))
        return frozenset(found)

    def _range(self, part: str) -> range:
        begin, slash, step = part.partition("/")
        low, dash, high = begin.partition("-")
        if slash and (not self.steps or dash or not re.fullmatch(r"[1-9]\d{0,3}", step)):
            raise self._wrong(part)
        if begin == "*":
            first, last = self.least, self.greatest
        else:
            first = self._value(low, part)
            last = self._value(high, part) if dash else self.greatest if slash else first
        if first > last:
            raise self._wrong(part)
        return range(first, last + 1, int(step or 1))

    def _value(self, text: str, part: str) -> int:
        number = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else self.names.get(text)
        if number is None or not self.least <= number <= self.greatest:
            raise self._wrong(part)
        return number

    def _wrong(self, part: str) -> ValueError:
        names = f" or {next(iter(self.names))} to {list(self.names)[-1]}" if self.names else ""
        step = " or a step a/n" if self.steps else ""
        return ValueError(
            f"{part!r} cannot be the {self.name} of a cron; write numbers from {self.least} to "
            f"{self.greatest}{names}, a range a-b{step}"
        )


_WEEKDAYS = "SUN MON TUE WED THU FRI SAT"
_WEEKDAY = "(?:[1-7]|" + _WEEKDAYS.replace(" ", "|") + ")"
_MINUTES, _HOURS = _Field("minutes", 0, 59), _Field("hours", 0, 23)
_OF_MONTH = _Field("day-of-month", 1, 31, special=r"L|LW|([1-9]|[12]\d|3[01])W")
_MONTHS = _Field("month", 1, 12, _numbered("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"))
_OF_WEEK = _Field(
    "day-of-week", 1, 7, _numbered(_WEEKDAYS), rf"L|{_WEEKDAY}L|{_WEEKDAY}#[1-5]", steps=False
)
_YEARS = _Field("year", 1970, 2199)


def parse_cron(text: str) -> str:
    """``text`` with one space between its fields.

    Raises:
        ValueError: EventBridge Scheduler would refuse it, or it names a day that no month has.
    """
    longest_wait(text)
    return " ".join(text.split())


def longest_wait(text: str) -> timedelta | None:
    """The longest time between two turns that follow on each other; None: there is no such, since
    years are named, or only days that depend on the month. Of several days the latter do not count,
    so the time is never too short.

    Raises:
        ValueError: as ``parse_cron`` has it.
    """
    fields = text.split()
    if len(fields) != 6:
        raise ValueError(f"{text!r} has {len(fields)} fields, and a cron has six; write {_FORM}")
    minutes, hours, of_month, month, of_week, year = fields
    if (of_month == "?") == (of_week == "?"):
        raise ValueError(
            f"{text!r} must have '?' for one of day-of-month and day-of-week; write {_FORM}"
        )
    times = sorted(
        60 * hour + minute for hour in _HOURS.values(hours) for minute in _MINUTES.values(minutes)
    )
    months, by_week = _MONTHS.values(month), of_month == "?"
    days = _OF_WEEK.values(of_week) if by_week else _OF_MONTH.values(of_month)
    _YEARS.values(year)
    calendar = (_FIRST + number * _DAY for number in range(_DAYS))
    chosen = [
        one
        for one in calendar
        if one.month in months and (one.isoweekday() % 7 + 1 if by_week else one.day) in days
    ]
    if days and not chosen:
        raise ValueError(f"{text!r} names a day that no month has; write {_FORM}")
    if year != "*" or len(chosen) < 2:
        return None
    within = [later - earlier for earlier, later in pairwise(times)]
    apart = max(later - earlier for earlier, later in pairwise(chosen))
    return max(apart + (times[0] - times[-1]) * _MINUTE, max(within, default=0) * _MINUTE)


Cron = Annotated[str, AfterValidator(parse_cron)]
