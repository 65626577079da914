"""How many rows lie on each day, of one batch or of all that count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored

TIMELESS = "timeless"
"""Stands for the day, and for its month, of rows that have no time."""


@dataclass(frozen=True)
class DayRows:
    """``rows`` of a day, how many of them have an outcome or one that will mature, and a time on it
    before which none of them is missing: that of the newest row that was ever counted.
    """

    rows: int
    labelled: int
    last: Moment


Days = Mapping[str, DayRows]
"""Rows by day."""


@dataclass(frozen=True)
class Coverage(Stored):
    """Rows by day (``YYYY-MM-DD``, UTC) of one month; of rows that have no time, ``timeless``. Days
    without rows are not there.
    """

    kind: ClassVar[str] = "coverage"
    schema_version: ClassVar[int] = 2

    days: Mapping[str, DayRows] = field(default_factory=dict)


def month_of(day: str) -> str:
    """The month that a day's rows are kept with."""
    return day if day == TIMELESS else day[: len("2013-01")]


def by_month(days: Days) -> dict[str, dict[str, DayRows]]:
    """The same, by month."""
    months: dict[str, dict[str, DayRows]] = {}
    for day, rows in days.items():
        months.setdefault(month_of(day), {})[day] = rows
    return months
