"""A row's event time in plain Python, equal to what :mod:`ghosteam.data.derive` computes with
polars for training.

The request path holds no polars: its layer would be ten times the size for one sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ghosteam.errors import InvalidInput
from ghosteam.problem.periods import after_months
from ghosteam.problem.spec import Problem
from ghosteam.problem.timeexpr import FIRST_YEAR, LAST_YEAR, TimeExpression


def in_years(moment: datetime) -> datetime:
    """The same moment. Raises ValueError outside of ``FIRST_YEAR`` to ``LAST_YEAR``."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{moment.isoformat()} is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; a moment without a zone is one in UTC, as in data files."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def time_of(expression: TimeExpression, row: Mapping[str, Any]) -> datetime | None:
    """The expression's value for one row (aware, UTC, whole microseconds); None where an operand is
    None.

    Raises:
        InvalidInput: the parts of a date are no day, or the result lies outside the years 1 to
            9999.
    """
    if any(row[column] is None for column in expression.columns):
        return None
    try:
        moment = after_months(_base(expression, row), expression.months) + expression.constant
        for offset in expression.offsets:
            moment += timedelta(microseconds=round(float(row[offset.column]) * offset.microseconds))
    except OverflowError as error:
        raise InvalidInput(
            "The event's time lies outside the years 1 to 9999",
            where={"field": ", ".join(expression.columns)},
            remedy="Send the time of a real event",
        ) from error
    return moment


def _base(expression: TimeExpression, row: Mapping[str, Any]) -> datetime:
    if isinstance(expression.base, str):
        return as_utc(row[expression.base])
    year, month, day = (*(row[column] for column in expression.base), 1, 1)[:3]
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            f"There is no day {year}-{month}-{day}",
            where={"field": ", ".join(expression.base)},
            remedy="Send the parts of a day that is in the calendar",
        ) from error


def event_times(problem: Problem, rows: Sequence[Mapping[str, Any]]) -> list[datetime]:
    """When each of a request's rows is asked about. Raises InvalidInput with the row's number."""
    expression = problem.event_time_expression
    times = []
    for number, row in enumerate(rows):
        try:
            moment = time_of(expression, row)
            assert moment is not None, "a request's columns of the event time are never null"
            times.append(in_years(moment))
        except InvalidInput as error:
            raise InvalidInput(
                error.message, where={**error.where, "row": number}, remedy=error.remedy
            ) from error
        except ValueError as error:
            raise InvalidInput(
                f"The event's time lies outside the years {FIRST_YEAR} to {LAST_YEAR}",
                where={"field": ", ".join(expression.columns), "row": number},
                remedy="Send the time of a real event",
            ) from error
    return times
