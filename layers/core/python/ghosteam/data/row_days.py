"""On which days the rows of a batch lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.data.derive import (
    TIME,
    absent_outcome,
    outcomes,
    states_outcome,
    untimed_outcomes,
)
from ghosteam.data.row_times import row_times
from ghosteam.documents.coverage import TIMELESS, DayRows
from ghosteam.problem.spec import Problem

if TYPE_CHECKING:
    from ghosteam.documents.batch import BatchRecord


def rows_by_day(problem: Problem, record: BatchRecord, paths: Sequence[Path]) -> dict[str, DayRows]:
    """Rows by the day (UTC) of their time: of events when they happened, of looked-up rows when
    they begin to hold, of labels when their event happened. Events without a time count on the day
    when their file landed.

    ``paths``: files with the rows of ``record`` that were let in. ``labelled`` are events with an
    outcome, or one that will mature, and labels that state one; of events whose outcomes come by
    themselves no row tells it.
    """
    found: dict[str, DayRows] = {}
    for times, labelled in _rows(problem, record, paths):
        frame = pl.DataFrame({"time": times, "labelled": labelled})
        if times.dtype == pl.Null:
            day: pl.Expr = pl.lit(TIMELESS)
            frame = frame.with_columns(pl.lit(_landed(record), TIME).alias("time"))
        else:
            day = pl.col("time").dt.strftime("%Y-%m-%d")
        days = frame.group_by(day.alias("day")).agg(
            pl.len(), pl.col("labelled").sum(), pl.col("time").max().alias("last")
        )
        for name, rows, outcomes_known, last in days.iter_rows():
            known = found.get(name, DayRows(0, 0, last))
            found[name] = DayRows(
                known.rows + rows, known.labelled + int(outcomes_known), max(known.last, last)
            )
    return found


def span_of_rows(
    problem: Problem, record: BatchRecord, paths: Sequence[Path]
) -> tuple[str | None, str | None]:
    """The oldest and the newest time of the rows (ISO-8601, UTC); null where they have none."""
    known = [times for times, _ in _rows(problem, record, paths) if times.dtype != pl.Null]
    all_times = pl.concat(known) if known else pl.Series([], dtype=TIME)
    first, last = (
        moment.isoformat() if isinstance(moment, datetime) else None
        for moment in (all_times.min(), all_times.max())
    )
    return first, last


def untimed_rows(problem: Problem, record: BatchRecord, paths: Sequence[Path]) -> int:
    """How many rows of events state an outcome and not when it was known. Of labels none does."""
    if record.dataset != problem.events_name or problem.labels is not None:
        return 0
    return sum(int(untimed_outcomes(pl.read_parquet(path), problem).sum()) for path in paths)


def _rows(
    problem: Problem, record: BatchRecord, paths: Sequence[Path]
) -> Iterator[tuple[pl.Series, pl.Series]]:
    """Times, of type Null where there are none, and whether each row is labelled; by file."""
    is_events = record.dataset == problem.events_name
    for path in paths:
        rows = pl.read_parquet(path)
        if rows.is_empty():
            continue
        times = row_times(rows, problem, record.dataset)
        if is_events and not problem.timed:
            times = pl.repeat(_landed(record), rows.height, dtype=TIME, eager=True)
        if times is None:
            times = pl.Series([None] * rows.height, dtype=pl.Null)
        if record.dataset == problem.labels_name:
            labelled = rows.select(states_outcome(problem)).to_series()
        elif not is_events or problem.labels is not None:
            labelled = pl.repeat(False, rows.height, eager=True)
        else:
            timed = ~untimed_outcomes(rows, problem)
            stated = outcomes(rows, problem).is_not_null()
            labelled = timed if absent_outcome(problem) is not None else stated & timed
        yield times, labelled


def _landed(record: BatchRecord) -> datetime:
    return datetime.fromisoformat(record.source.landed_at)
