"""Which times may be made of the parts of a date, which no timestamp column bounds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ghosteam.problem.datasets import Column
from ghosteam.problem.timeexpr import FIRST_YEAR, LAST_YEAR, TimeExpression


def bounds_of_parts(
    columns: Mapping[str, Column], expression: TimeExpression, landed: datetime | None
) -> tuple[datetime, datetime]:
    """Earliest and latest such time (aware, UTC): those of a timestamp, and from the year on that
    the ``min`` of the year's column says, where that is earlier. ``landed``: when the row's file
    did, where it lies in one.
    """
    earliest, latest = Column(type="timestamp").time_bounds(landed)
    least = columns[expression.base[0]].min if isinstance(expression.base, tuple) else None
    if least is None:
        return earliest, latest
    year = min(max(int(least), FIRST_YEAR), LAST_YEAR)
    return min(earliest, datetime(year, 1, 1, tzinfo=UTC)), latest


def remedy_of_parts(expression: TimeExpression) -> str:
    """What to do about a time outside of them."""
    if not isinstance(expression.base, tuple):
        return "Give the time of a real event"
    return f"Give the time of a real event; the 'min' of {expression.base[0]} says the first year"
