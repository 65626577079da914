"""Of several rows of one event, or of one key, in a file the last counts: it is the newest."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ghosteam.data.derive import with_event_time
from ghosteam.data.read import ROW
from ghosteam.data.row_times import tells_event_time
from ghosteam.problem.counted import as_counted
from ghosteam.problem.spec import Problem

CONTENT = "_content"


@dataclass(frozen=True)
class OutdatedRows:
    """Rows that a newer row of the same key follows. ``rows``: their ``_row``; ``duplicates``:
    how many of them the next one repeats; ``superseded``: how many it corrects.
    """

    rows: pl.Series
    duplicates: int
    superseded: int


def key_columns(problem: Problem, dataset_name: str) -> tuple[str, ...]:
    """The columns that identify a row of a data set, of events, labels and facts see
    :attr:`Problem.event_id`.
    """
    dataset = problem.datasets[dataset_name]
    if dataset.role != "lookup":
        return as_counted(problem, dataset_name).event_id
    return (*dataset.key, *dataset.time_columns)


def keys_of(good: pl.DataFrame, problem: Problem, dataset_name: str) -> pl.DataFrame:
    """``_row``, the columns that identify the row, and ``_content``, a hash of all its values."""
    dataset = problem.datasets[dataset_name]
    counted = as_counted(problem, dataset_name)
    if tells_event_time(counted, dataset_name):
        good = with_event_time(good, counted)
    content = pl.struct(list(dataset.columns)).hash().alias(CONTENT)
    return good.select(ROW, *key_columns(problem, dataset_name), content)


def followed(keys: pl.DataFrame) -> OutdatedRows:
    """``keys``: those of all good rows of a file, see :func:`keys_of`, in the file's order."""
    identity = [name for name in keys.columns if name not in (ROW, CONTENT)]
    # Nearly always each key comes once: order is looked for among the others only.
    keys = keys.filter(keys.select(identity).is_duplicated())
    following = pl.col(CONTENT).shift(-1).over(identity, order_by=ROW)
    older = keys.select(ROW, (following == pl.col(CONTENT)).alias("same")).drop_nulls()
    duplicates = int(older["same"].sum())
    return OutdatedRows(older[ROW], duplicates, older.height - duplicates)
