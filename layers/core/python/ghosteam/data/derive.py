"""Columns that follow from an event's own columns: its time, its outcome, and when that became
known.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from ghosteam.problem.lengths import Length
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.split_times import MONTH_ENDS, MONTH_NUMBERS, time_of_day
from ghosteam.problem.target import UNKNOWN
from ghosteam.problem.timeexpr import FIRST_YEAR, LAST_YEAR, ClockColumn, TimeExpression

TARGET = "target"
KNOWN_AT = "known_at"
WEIGHT = "_weight"
LAST_KNOWN = "_last_known"
TIME = pl.Datetime("us", "UTC")
_LONGEST = (
    1000 * 366 * 86_400_000_000
)  # microseconds; more leads out of all years, and its sum would leave 64 bits


def time_column(expression: TimeExpression) -> pl.Expr:
    """A time expression as a polars expression of type ``Datetime[us, UTC]``; null where an operand
    is null.
    """
    column = _base(expression.base)
    if expression.clock:
        column = _at_clock(column, expression.clock)
    if expression.months:
        column = column.dt.offset_by(f"{expression.months}mo")
    column = column + pl.lit(expression.constant)
    for offset in expression.offsets:
        asked = pl.col(offset.column).cast(pl.Float64) * offset.microseconds
        # What leads out of all years ends just outside of them, where ``outside_years`` finds it.
        column = column + pl.duration(
            microseconds=asked.clip(-_LONGEST, _LONGEST).round().cast(pl.Int64)
        )
    return column


def _base(base: str | tuple[str, ...] | datetime) -> pl.Expr:
    """The first term; null for parts that are no day, such as a 30th of February."""
    if isinstance(base, datetime):
        return pl.lit(base, TIME)
    if isinstance(base, str):
        return pl.col(base).cast(TIME)
    parts = [pl.col(column).cast(pl.String) for column in base]
    if len(parts) > 1:
        month = parts[1].str.strip_chars(MONTH_ENDS).str.to_lowercase()
        parts[1] = month.replace_strict(MONTH_NUMBERS, default=None, return_dtype=pl.String)
    parts += [pl.lit("1")] * (3 - len(parts))
    day = pl.concat_str(parts, separator="-").str.to_date("%Y-%m-%d", strict=False)
    return day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _at_clock(moment: pl.Expr, clock: ClockColumn) -> pl.Expr:
    """That day, at what a clock of its zone shows; null for what none shows, or shows twice."""
    passed = pl.col(clock.column).map_batches(
        _times_of_day, return_dtype=pl.Duration("us"), is_elementwise=True
    )
    day = moment.dt.convert_time_zone(clock.zone).dt.date().cast(pl.Datetime("us"))
    twice = "null" if clock.ambiguous == "refuse" else clock.ambiguous
    placed = (day + passed).dt.replace_time_zone(
        clock.zone, ambiguous=pl.lit(twice), non_existent="null"
    )
    return placed.dt.convert_time_zone("UTC")


def _times_of_day(cells: pl.Series) -> pl.Series:
    """How long after midnight each is; each value is read once."""
    values = cells.unique().drop_nulls()
    passed = pl.Series([time_of_day(value) for value in values], dtype=pl.Duration("us"))
    return cells.replace_strict(values, passed, default=None)


def outside_years(time: pl.Series) -> pl.Series:
    """Which times lie outside of the years that every store and library on the way can hold; false
    for a null.
    """
    return ~time.dt.year().is_between(FIRST_YEAR, LAST_YEAR).fill_null(True)


def with_event_time(frame: pl.DataFrame, problem: Problem) -> pl.DataFrame:
    """Adds ``event_time``: when the row's prediction is asked."""
    return frame.with_columns(time_column(problem.event_time_expression).alias(EVENT_TIME))


def with_outcome(frame: pl.DataFrame, problem: Problem) -> pl.DataFrame:
    """Adds ``target`` (Float64: null where the outcome is not known, NaN for what is no outcome of
    the problem's task) and ``known_at`` (null where the outcome is not known).

    A missing outcome that stands for one (``target.absent``) does so from when it matures on, which
    may lie in the future. ``frame`` must have ``event_time``, and the columns of labels, if the
    problem has any (see :func:`ghosteam.features.current_events.current_events`).
    """
    target = outcomes(frame, problem)
    known_at = time_column(problem.known_at_expression)
    if problem.labels is not None:
        # Of what labels and events tell together, no batch alone could be judged.
        in_years = known_at.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
        known_at = pl.when(in_years).then(known_at)
    known = (
        pl.when(known_at.is_not_null()).then(target),
        pl.when(target.is_not_null()).then(known_at),
    )
    absent = absent_outcome(problem)
    if absent is None:
        return frame.with_columns(known[0].alias(TARGET), known[1].alias(KNOWN_AT))
    missing, matures = pl.lit(target.is_null()), mature_at(problem.target.matures)
    return frame.with_columns(
        pl.when(missing).then(absent).otherwise(known[0]).alias(TARGET),
        pl.when(missing).then(matures).otherwise(known[1]).alias(KNOWN_AT),
    )


def mature_at(matures: Length) -> pl.Expr:
    """When the outcomes of events can be taken for final, of a frame with ``event_time``."""
    moment = pl.col(EVENT_TIME)
    if matures.months:
        moment = moment.dt.offset_by(f"{matures.months}mo")
    return moment + pl.lit(matures.rest)


def absent_outcome(problem: Problem) -> float | None:
    """The outcome that a missing one stands for once it matures, as the task's number; None: it
    stays unknown.
    """
    target = problem.target
    if target.absent == UNKNOWN:
        return None
    value = target.absent_text if target.classes else target.absent
    return float(problem.kind.outcomes(pl.Series([value]), target.classes)[0])


def outcomes(frame: pl.DataFrame, problem: Problem) -> pl.Series:
    """What ``target.expr`` gives for each row, as the task's numbers: see ``Task.outcomes``; null
    where labels tell outcomes and the row has none of what they state.
    """
    values = frame.with_columns(pl.sql_expr(problem.target.expr).alias(TARGET))[TARGET]
    found = problem.kind.outcomes(values, problem.target.classes)
    if problem.labels is None:
        return found
    return pl.select(pl.when(frame.select(states_outcome(problem)).to_series()).then(found))[
        found.name
    ]


def untimed_outcomes(frame: pl.DataFrame, problem: Problem) -> pl.Series:
    """Which rows of events state an outcome and not when it was known: theirs counts as unknown."""
    if not problem.timed:
        return pl.repeat(False, frame.height, eager=True)
    frame = with_event_time(frame, problem)
    known_at = frame.select(time_column(problem.known_at_expression).alias(KNOWN_AT)).to_series()
    return outcomes(frame, problem).is_not_null() & known_at.is_null()


def states_outcome(problem: Problem) -> pl.Expr:
    """Whether a row of labels states an outcome; one that states none withdraws what was stated."""
    return pl.any_horizontal(pl.col(name).is_not_null() for name in problem.stated_columns)


def outcome_sources(problem: Problem) -> set[str]:
    """Names that ``target.expr`` reads."""
    return set(pl.sql_expr(problem.target.expr).meta.root_names())
