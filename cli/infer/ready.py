"""Whether the loop would begin a first run on rows of files, as it assesses it itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl

from ghosteam.data.derive import outcomes
from ghosteam.data.row_times import row_times
from ghosteam.documents.coverage import TIMELESS, DayRows
from ghosteam.problem.spec import Problem
from ghosteam.retraining.readiness import Ready, Waiting, assess_readiness

_SHARES = (0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)


def days_of(
    rows: pl.DataFrame, problem: Problem, dataset: str, now: datetime
) -> dict[str, DayRows]:
    """Rows by day of a data set's ``rows``, in their types. ``now``: when they land (aware)."""
    times = row_times(rows, problem, dataset)
    is_events = dataset == problem.events_name
    known = (
        outcomes(rows, problem).is_not_null()
        if is_events and problem.labels is None
        else pl.repeat(False, rows.height, eager=True)
    )
    if times is None:
        day = f"{now:%Y-%m-%d}" if is_events else TIMELESS
        return {day: DayRows(rows.height, int(known.sum()), now)} if rows.height else {}
    frame = pl.DataFrame({"time": times, "labelled": known}).drop_nulls("time")
    found = frame.group_by(pl.col("time").dt.strftime("%Y-%m-%d").alias("day")).agg(
        pl.len(), pl.col("labelled").sum(), pl.col("time").max().alias("last")
    )
    return {
        day: DayRows(count, int(labelled), last) for day, count, labelled, last in found.iter_rows()
    }


def assessed(
    problem: Problem, rows: Mapping[str, pl.DataFrame], *, now: datetime
) -> Ready | Waiting:
    """``rows`` by data set, in their types."""
    days = {
        name: days_of(frame, problem, name, now.astimezone(UTC)) for name, frame in rows.items()
    }
    return assess_readiness(problem, days)


def coverage_that_is_met(
    problem: Problem, rows: Mapping[str, pl.DataFrame], *, now: datetime
) -> float | None:
    """The ``retrain.min_coverage`` that the data meet; None where the default does, or none is."""
    if not problem.timed or isinstance(assessed(problem, rows, now=now), Ready):
        return None
    for share in _SHARES:
        retrain = problem.retrain.model_copy(update={"min_coverage": share})
        asked = problem.model_copy(update={"retrain": retrain})
        if isinstance(assessed(asked, rows, now=now), Ready):
            return share
    return None
