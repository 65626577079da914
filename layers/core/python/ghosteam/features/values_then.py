"""What a view said at the time: its values from the batches that were online then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import polars as pl

from ghosteam.data.declared import as_declared
from ghosteam.documents import keys
from ghosteam.documents.plan import Plan
from ghosteam.features.current_events import current_events, label_columns
from ghosteam.features.training_set import event_columns
from ghosteam.features.view_rows import (
    ALWAYS,
    filled,
    lookup_rows,
    window_rows,
    with_periods,
)
from ghosteam.features.views import View, counted_in, sources_of, view_of
from ghosteam.problem.spec import Problem

Read = Callable[[str], pl.DataFrame]
MOMENTS = 50
"""Of so many states of the data what followed from them is computed again."""
_STATE = "_state"


def values_then(
    rows: pl.DataFrame, view: View, problem: Problem, plan: Plan, read: Read
) -> pl.DataFrame:
    """The view's values of then for rows (``_place``), with ``_known``, true. Rows of states of
    the data beyond ``MOMENTS``, those with the fewest rows, are left out.
    """
    rows = _with_keys_then(rows, view, problem, plan, read)
    sources = sources_of(problem, view)
    batches = [(dataset, at, key) for dataset in sources for at, key in _batches(plan, dataset)]
    times = sorted({at for _, at, _ in batches})
    marks = pl.Series("at", times, dtype=pl.Datetime("us", "UTC"))
    # How many of the times had come when a row was asked for: its state of the data.
    state = marks.search_sorted(rows.get_column("made_at"), side="right")
    rows = with_periods(rows, problem).with_columns(pl.Series(_STATE, state))
    counts = rows.get_column(_STATE).value_counts(sort=True).get_column(_STATE).to_list()
    wanted = rows.select(view.keys).drop_nulls().unique()
    parts = [
        (dataset, at, _relevant(read(key), dataset, view, problem, wanted))
        for dataset, at, key in batches
    ]
    found = []
    for number in counts[:MOMENTS]:
        come = set(times[:number])
        there = {
            dataset: [part for of, at, part in parts if of == dataset and at in come]
            for dataset in sources
        }
        asked = rows.filter(pl.col(_STATE) == number)
        found.append(_looked_up(asked, _rows_of(view, problem, there), view))
    return pl.concat(found, how="vertical_relaxed")


def _with_keys_then(
    rows: pl.DataFrame, view: View, problem: Problem, plan: Plan, read: Read
) -> pl.DataFrame:
    """The rows whose keys of then are known, with these: other views may have told others since."""
    for key, step in view.through.items():
        other = view_of(problem, step)
        then = values_then(rows, other, problem, plan, read).select("_place", key)
        rows = rows.drop(key).join(then, on="_place", how="inner", maintain_order="left")
    return rows


def _batches(plan: Plan, dataset: str) -> list[tuple[datetime, str]]:
    """When each part of the plan came online, in landed order; what is not on record always
    was.
    """
    known = plan.available_at
    return [
        (known.get(keys.batch_of_part(key), ALWAYS), key) for key in plan.parts.get(dataset, ())
    ]


def _relevant(
    part: pl.DataFrame, dataset: str, view: View, problem: Problem, wanted: pl.DataFrame
) -> pl.DataFrame:
    if dataset == problem.labels_name and problem.labels:
        return as_declared(part, problem.labels, label_columns(problem))
    if view.kind == "window":
        part = part.select(event_columns(counted_in(problem, view)))
    own = {key: view.column_of(key) for key in view.keys}
    asked = wanted.select(
        pl.col(key).cast(part.schema[column], strict=False).alias(column)
        for key, column in own.items()
    )
    return part.join(asked, on=list(own.values()), how="semi")


def _rows_of(
    view: View, problem: Problem, there: Mapping[str, Sequence[pl.DataFrame]]
) -> pl.DataFrame | None:
    """The view's rows from some parts, by data set; None where there is none."""
    parts = there[sources_of(problem, view)[0]]
    if not parts or all(part.is_empty() for part in parts):
        return None
    if view.kind == "window":
        counted = counted_in(problem, view)
        labels = there.get(counted.labels_name or "", ())
        return window_rows(current_events(parts, counted, labels), counted, view)
    return lookup_rows([(part, ALWAYS) for part in parts], problem, view)


def _looked_up(rows: pl.DataFrame, there: pl.DataFrame | None, view: View) -> pl.DataFrame:
    names = list(view.features.values())
    asked = rows.select("_place", *view.join_keys, pl.lit(True).alias("_known"))
    if there is None:
        without = zip(names, view.without_row, strict=True)
        empty = [pl.lit(value, pl.Float64).alias(name) for name, value in without]
        return asked.with_columns(empty).select("_place", "_known", *names)
    typed = [pl.col(key).cast(asked.schema[key]) for key in view.join_keys]
    found = asked.join(there.select(*typed, *names), on=list(view.join_keys), how="left")
    return found.with_columns(filled(view)).select("_place", "_known", *names)
