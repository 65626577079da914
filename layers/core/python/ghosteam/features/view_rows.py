"""The rows of each feature view, from validated data: one way for training sets and for the online
store.

A source frame has the view's join keys, its features (strings, or Float64) and ``event_timestamp``:
when the row became known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import polars as pl

from ghosteam.data.derive import KNOWN_AT, TARGET, TIME, time_column
from ghosteam.features.aggregates.aggregate import AGGREGATES
from ghosteam.features.lake_parts import outcome_reach
from ghosteam.features.views import View, views_of
from ghosteam.features.windows import BUCKET, VALUE, window_values
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.moments import EPOCH
from ghosteam.problem.periods import Period, month_number
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.timeexpr import FIRST_YEAR
from ghosteam.problem.window import Window

KNOWN_FROM = "event_timestamp"
ALWAYS = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
"""Since when something holds for events of all times."""
EXACT = 2**53 - 1
"""Whole numbers up to it are told from all others as floats."""
MOMENT, PART = "_moment", "_part"
"""A looked-up row's own time, and where the batch stands that it came with."""


def view_named(problem: Problem, name: str) -> View | None:
    """The problem's view of that name, if any feature comes from it."""
    return next((view for view in views_of(problem) if view.name == name), None)


def feature_column(frame: pl.DataFrame, column: str) -> pl.Expr:
    """A column as a feature: text stays text, everything else is Float64 without NaN."""
    if frame.schema[column] in (pl.String, pl.Null):
        return pl.col(column)
    return pl.col(column).cast(pl.Float64).fill_nan(None)


def key_columns(rows: pl.DataFrame, view: View) -> list[pl.Expr]:
    """The view's keys in rows of its data set. A whole number that is asked for through another
    view is one that a feature holds exactly: the rows of others are found by nobody.
    """
    found = []
    for key in view.keys:
        own = pl.col(view.column_of(key))
        if key in view.through and rows.schema[view.column_of(key)].is_integer():
            own = pl.when(own.is_between(-EXACT, EXACT)).then(own)
        found.append(own.alias(key))
    return found


def lookup_columns(problem: Problem, view: View) -> list[str]:
    """The columns of a looked-up data set that its view is made of."""
    dataset = problem.datasets[view.name]
    wanted = {*map(view.column_of, view.keys), *dataset.time_columns, *view.features}
    return [column for column in dataset.columns if column in wanted]


def newest_lookups(
    parts: Sequence[tuple[pl.DataFrame, datetime]], problem: Problem, view: View
) -> pl.DataFrame:
    """Of a looked-up data set the newest row of each key (and period), of rows of one time the
    latest landed: the columns of a source frame, its own time ``_moment`` (null for static rows)
    and its place among ``parts``, ``_part``.

    ``parts`` are ``(rows, received_at)`` in landed order, oldest first. A timed row belongs to the
    period that begins at its own time or next after it, and is known ``known_after`` that; a static
    one when its data last arrived. Rows with a null key or time belong to no key and are left out.
    """
    return newest_of(pl.concat(lookup_parts(parts, problem, view)), problem, view)


def lookup_parts(
    parts: Iterable[tuple[pl.DataFrame, datetime]], problem: Problem, view: View
) -> Iterator[pl.DataFrame]:
    """All rows of the parts, with the columns of :func:`newest_lookups`."""
    dataset = problem.datasets[view.name]
    for order, (rows, received) in enumerate(parts):
        yield lookup_part(rows, received, order, dataset, view)


def newest_of(rows: pl.DataFrame, problem: Problem, view: View) -> pl.DataFrame:
    """:func:`newest_lookups` of :func:`lookup_parts`, or of those with some of the keys."""
    dataset, keys = problem.datasets[view.name], list(view.join_keys)
    rows = rows.drop_nulls(keys)
    latest = rows.sort(*([MOMENT] if dataset.time else []), PART, maintain_order=True).unique(
        keys, keep="last", maintain_order=True
    )
    if not view.period_key:
        # Data that landed earlier may have been received later: the time of a key never goes back.
        received = rows.group_by(keys).agg(pl.col(KNOWN_FROM).max())
        latest = latest.drop(KNOWN_FROM).join(received, on=keys, how="left")
    return latest.sort(keys)


def lookup_part(
    rows: pl.DataFrame, received: datetime, order: int, dataset: Dataset, view: View
) -> pl.DataFrame:
    """Rows of one part of a looked-up data set, the ``order``-th, with all columns of
    :func:`newest_lookups`.
    """
    features = [feature_column(rows, column).alias(name) for column, name in view.features.items()]
    known = pl.lit(received).cast(TIME).alias(KNOWN_FROM)
    extra: list[pl.Expr] = [pl.lit(None, TIME).alias(MOMENT)]
    if view.period_key and view.every:
        moment = time_column(dataset.time_expression)
        period = _begin(moment - pl.duration(microseconds=1), view.every, later=1)
        known = (
            pl.from_epoch(period, "s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
            + pl.lit(view.lag)
        ).alias(KNOWN_FROM)
        extra = [moment.alias(MOMENT), period.alias(view.period_key)]
    keys = key_columns(rows, view)
    return rows.select(*keys, *extra, *features, known, pl.lit(order).alias(PART))


def lookup_rows(
    parts: Sequence[tuple[pl.DataFrame, datetime]], problem: Problem, view: View
) -> pl.DataFrame:
    """Source frame of a looked-up data set: see :func:`newest_lookups`."""
    return source_columns(newest_lookups(parts, problem, view), view)


def source_columns(rows: pl.DataFrame, view: View) -> pl.DataFrame:
    """The columns of a view's source frame."""
    return rows.select(*view.join_keys, *view.features.values(), KNOWN_FROM)


def window_rows(events: pl.DataFrame, problem: Problem, view: View) -> pl.DataFrame:
    """Source frame of a view of windows over ``events`` (see
    :mod:`ghosteam.features.current_events`), which are those of ``problem``: of facts see
    :mod:`ghosteam.problem.counted`.
    """
    values = [
        window_values(rows_of_window(events, problem, window), window) for window in view.windows
    ]
    rows = keyed_by_bucket(beside_one_another(values, [*view.keys, BUCKET]), view)
    return source_columns(rows.with_columns(filled(view)), view)


def filled(view: View) -> list[pl.Expr]:
    """The features that are a number where there is no row, with that in the place of null."""
    return [pl.col(name).fill_null(value) for name, value in view.absent.items()]


def beside_one_another(frames: Sequence[pl.DataFrame], keys: Sequence[str]) -> pl.DataFrame:
    """A row for each of the ``keys`` that any of ``frames`` has, in their order, with the other
    columns of all; null where a frame has not these. Keys are distinct in each, and never null.
    """
    if len(frames) == 1:
        return frames[0]
    rows = pl.concat(frames, how="diagonal").group_by(keys)
    return rows.agg(pl.all().drop_nulls().first()).sort(keys)


def rows_of_window(events: pl.DataFrame, problem: Problem, window: Window) -> pl.DataFrame:
    """Those of ``events`` that a window counts, with what its aggregate takes of each, ``_value``.

    Their outcomes became known within :func:`~ghosteam.features.lake_parts.outcome_reach`, so that
    whoever reads back so far misses none; ``window.where`` is true of them.
    """
    outcome = pl.col(TARGET).fill_nan(None)
    column = problem.window_value(window)
    value = pl.col(column) if column else outcome
    if AGGREGATES.find(window.aggregate).of != "values":
        value = value.cast(pl.Float64).fill_nan(None)
    in_time = pl.col(KNOWN_AT) <= pl.col(EVENT_TIME) + pl.lit(outcome_reach(problem))
    wanted = pl.sql_expr(window.where) if window.where else pl.lit(True)
    return events.filter(in_time, outcome.is_not_null(), wanted).with_columns(value.alias(VALUE))


def keyed_by_bucket(values: pl.DataFrame, view: View) -> pl.DataFrame:
    """Adds a window's period key and when its rows become known, to what has a ``bucket``."""
    return values.with_columns(
        _seconds(pl.col(BUCKET)).alias(str(view.period_key)), pl.col(BUCKET).alias(KNOWN_FROM)
    )


def with_periods(events: pl.DataFrame, problem: Problem) -> pl.DataFrame:
    """Adds each view's period column for the events' ``event_time``: the same period that
    ``View.period_at`` gives.
    """
    return events.with_columns(
        _begin(pl.col(EVENT_TIME) - pl.lit(view.lag), view.every).alias(view.period_key)
        for view in views_of(problem)
        if view.period_key and view.every
    )


def _begin(moment: pl.Expr, period: Period, *, later: int = 0) -> pl.Expr:
    """``Period.begin`` of each moment, or of the period so many later."""
    if period.months:
        start = month_number(period.start)
        number = moment.dt.year().cast(pl.Int64) * 12 + moment.dt.month().cast(pl.Int64) - 1
        month = start + ((number - start) // period.months + later) * period.months
        return _seconds(pl.datetime(month // 12, month % 12 + 1, 1, time_zone="UTC"))
    start, length = (int(part.total_seconds()) for part in (period.start - EPOCH, period.length))
    return start + ((_seconds(moment) - start) // length + later) * length


def _seconds(moment: pl.Expr) -> pl.Expr:
    return moment.cast(TIME).dt.epoch("us") // 1_000_000
