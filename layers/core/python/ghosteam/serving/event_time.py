"""A row's event time in plain Python, equal to what :mod:`ghosteam.data.derive` computes with
polars for training.

The request path holds no polars: its layer would be ten times the size for one sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from ghosteam.errors import InvalidInput
from ghosteam.problem.moments import placed, zone_of
from ghosteam.problem.periods import after_months
from ghosteam.problem.spec import Problem
from ghosteam.problem.split_times import MONTH_ENDS, MONTH_NUMBERS, time_of_day
from ghosteam.problem.time_bounds import bounds_of_parts, remedy_of_parts
from ghosteam.problem.timeexpr import FIRST_YEAR, LAST_YEAR, ClockColumn, TimeExpression

_REMEDY = (
    "Send the time of a real event; 'earliest', 'latest' and 'horizon' of the column say what may "
    "be sent"
)


def in_years(moment: datetime) -> datetime:
    """The same moment. Raises ValueError outside of ``FIRST_YEAR`` to ``LAST_YEAR``."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{moment.isoformat()} is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; a moment without a zone is one in UTC, as in data files."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def time_of(expression: TimeExpression, row: Mapping[str, object]) -> datetime | None:
    """The expression's value for one row (aware, UTC, whole microseconds); None where an operand is
    None.

    Raises:
        InvalidInput: the parts of a date are no day, a clock never shows that on it, or the result
            lies outside the years 1 to 9999.
    """
    if any(row[column] is None for column in expression.columns):
        return None
    try:
        moment = _at_clock(_base(expression, row), expression.clock, row)
        moment = after_months(moment, expression.months) + expression.constant
        for offset in expression.offsets:
            moment += timedelta(
                microseconds=round(_number(row[offset.column]) * offset.microseconds)
            )
    except OverflowError as error:
        raise InvalidInput(
            "The event's time lies outside the years 1 to 9999",
            where={"field": ", ".join(expression.columns)},
            remedy="Send the time of a real event",
        ) from error
    return moment


def _base(expression: TimeExpression, row: Mapping[str, object]) -> datetime:
    if isinstance(expression.base, datetime):
        return expression.base
    if isinstance(expression.base, str):
        return as_utc(_moment(row[expression.base]))
    year, month, day = (*(row[column] for column in expression.base), 1, 1)[:3]
    number = MONTH_NUMBERS.get(str(month).strip(MONTH_ENDS).lower(), "0")
    try:
        return datetime(int(_number(year)), int(number), int(_number(day)), tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            f"There is no day {year}-{month}-{day}",
            where={"field": ", ".join(expression.base)},
            remedy="Send the parts of a day that is in the calendar",
        ) from error


def _at_clock(moment: datetime, clock: ClockColumn | None, row: Mapping[str, object]) -> datetime:
    if clock is None:
        return moment
    shown = row[clock.column]
    assert isinstance(shown, str | int), "what a clock shows has been read as text or digits"
    passed = time_of_day(shown)
    if passed is None:
        raise InvalidInput(
            f"No clock shows {shown!r}",
            where={"field": clock.column},
            remedy="Send a time of day such as 14:05",
        )
    day = datetime.combine(moment.astimezone(zone_of(clock.zone)), time())
    try:
        return placed(day + passed, clock.zone, clock.ambiguous)
    except ValueError as error:
        raise InvalidInput(
            f"That is not one time: {error}",
            where={"field": clock.column},
            remedy=f"Send a time that the clocks of {clock.zone} show once on that day",
        ) from error


def _moment(value: object) -> datetime:
    assert isinstance(value, datetime), "a timestamp has been read as one"
    return value


def _number(value: object) -> float:
    assert isinstance(value, int | float), "a number has been read as one"
    return value


def event_times(
    problem: Problem, rows: Sequence[Mapping[str, object]], *, now: datetime
) -> list[datetime]:
    """When each of a request's rows is asked about; of events without a time, ``now`` (aware).

    A row's times have the bounds that they would have in a file that lands ``now``.

    Raises:
        InvalidInput: a time is outside of its bounds; with the row's number and the field.
    """
    expression = problem.event_time_expression
    bounds = _bounds(problem, now)
    times = []
    for number, row in enumerate(rows):
        try:
            for name, (earliest, latest) in bounds.items():
                if row.get(name) is not None:
                    _within(as_utc(_moment(row[name])), earliest, latest, name, _REMEDY)
            if not problem.timed:
                times.append(now)
                continue
            moment = time_of(expression, row)
            assert moment is not None, "a request's columns of the event time are never null"
            if isinstance(expression.base, tuple):
                allowed = bounds_of_parts(problem.events.columns, expression, now)
                parts, remedy = ", ".join(expression.base), remedy_of_parts(expression)
                _within(moment, *allowed, parts, remedy)
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


def _bounds(problem: Problem, now: datetime) -> dict[str, tuple[datetime, datetime]]:
    """Earliest and latest value of each timestamp that a request carries."""
    columns = problem.events.columns
    return {
        name: columns[name].time_bounds(now)
        for name in problem.request_columns
        if columns[name].type == "timestamp"
    }


def _within(
    moment: datetime, earliest: datetime, latest: datetime, field: str, remedy: str
) -> None:
    if not earliest <= moment <= latest:
        raise InvalidInput(
            f"{moment.isoformat()} is not a time from {earliest:%Y-%m-%d %H:%M} to "
            f"{latest:%Y-%m-%d %H:%M} UTC",
            where={"field": field},
            remedy=remedy,
        )
