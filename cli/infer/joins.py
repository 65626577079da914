"""How other files are looked up by an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

import polars as pl

from cli.infer.column import InferredColumn
from cli.infer.features import choose_features
from cli.infer.finding import Inference
from ghosteam.problem.timeexpr import written_column

_FOUND = 0.3
_MOST_KEYS = 3
_PERIODS = (
    (timedelta(minutes=1), "1m"),
    (timedelta(minutes=5), "5m"),
    (timedelta(minutes=10), "10m"),
    (timedelta(minutes=15), "15m"),
    (timedelta(minutes=30), "30m"),
    (timedelta(hours=1), "1h"),
    (timedelta(hours=3), "3h"),
    (timedelta(hours=6), "6h"),
    (timedelta(hours=12), "12h"),
    (timedelta(days=1), "1d"),
    (timedelta(days=7), "1w"),
    (timedelta(days=31), "1 month"),
    (timedelta(days=366), "1y"),
)


@dataclass(frozen=True)
class InferredLookup:
    """A data set that events look up by ``key``; ``time`` and ``every`` of a timed one.
    ``features``: what is joined; ``left_out``: why not, by the column.
    """

    key: tuple[str, ...]
    features: tuple[str, ...]
    left_out: Mapping[str, str]
    time: str | None = None
    every: str | None = None
    findings: tuple[Inference, ...] = ()


def guess_lookup(
    name: str,
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    events: pl.DataFrame,
    event_columns: Mapping[str, InferredColumn],
    *,
    timed: bool,
    without: Sequence[str],
) -> InferredLookup | Inference:
    """How a file's ``rows`` are found by those of ``events``, both in their types, or why they are
    not. ``timed``: whether events have a time; ``without``: columns that no request can have.
    """
    shared = shared_columns(columns, event_columns, without)
    stamps = [column for column, found in columns.items() if found.type == "timestamp"]
    distinct = rows.unique()
    for size in range(1, _MOST_KEYS + 1):
        for key in combinations(shared, size):
            keyed = distinct.drop_nulls(key)
            if keyed.select(key).n_unique() == keyed.height and is_found(events, rows, key):
                return _lookup(name, key, rows, columns, events, None)
            for stamp in stamps if timed else ():
                known = keyed.drop_nulls(stamp)
                if known.select(*key, stamp).n_unique() == known.height and is_found(
                    events, rows, key
                ):
                    return _lookup(name, key, rows, columns, events, stamp)
    if not shared:
        why = "it shares no column of whole numbers or texts with the events"
    else:
        why = f"no row is found by {', '.join(shared)} alone"
    return Inference(name, f"not used: {why}", "sure")


def shared_columns(
    columns: Mapping[str, InferredColumn],
    event_columns: Mapping[str, InferredColumn],
    without: Sequence[str],
) -> list[str]:
    """Columns of whole numbers or texts that a file has as the events do."""
    return [
        column
        for column, found in columns.items()
        if column in event_columns
        and column not in without
        and found.type in ("integer", "string")
        and event_columns[column].type == found.type
        and found.distinct > 1
    ]


def is_found(events: pl.DataFrame, rows: pl.DataFrame, key: Sequence[str]) -> bool:
    """Whether enough of the events find a row by ``key``."""
    return _share(events, rows, key) >= _FOUND


def _share(events: pl.DataFrame, rows: pl.DataFrame, key: Sequence[str]) -> float:
    if not events.height:
        return 0.0
    known = rows.select(key).drop_nulls().unique()
    return events.select(key).join(known, on=list(key), how="semi").height / events.height


def _lookup(
    name: str,
    key: tuple[str, ...],
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    events: pl.DataFrame,
    stamp: str | None,
) -> InferredLookup:
    chosen = choose_features(
        rows, columns, taken={*key, stamp or ""}, time=(stamp,) if stamp else ()
    )
    left = dict(chosen.left_out)
    features = []
    for column in chosen.features:
        if "." in column:
            left[column] = "a column with a dot cannot be joined"
        elif stamp and column in events.columns and column not in key:
            left[column] = "the events have it"
        else:
            features.append(column)
    share = _share(events, rows, key)
    told = f"looked up by {', '.join(key)}"
    every = None
    if stamp:
        every = period_of(rows, key, stamp)
        told += f" and {stamp}, a row each {every}"
    told += f": {share:.0%} of the events find it"
    finding = Inference(name, told, "sure" if share > 0.9 else "fairly sure")
    time = written_column(stamp) if stamp else None
    return InferredLookup(key, tuple(features), left, time, every, (finding,))


def period_of(rows: pl.DataFrame, key: Sequence[str], stamp: str) -> str:
    """The usual distance of a key's rows in time, as the grammar has it."""
    ordered = rows.drop_nulls([*key, stamp]).sort(*key, stamp)
    steps = ordered.select(pl.col(stamp).diff().over(key).alias("step"))["step"].drop_nulls()
    usual = steps.filter(steps > timedelta()).mode().sort()
    step = usual[0] if usual.len() else timedelta(days=1)
    return next((text for length, text in _PERIODS if step <= length), "1y")
