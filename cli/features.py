"""``ghosteam features``: what each view of a problem brings, how fresh it is served, and whether
what was served is what was learned from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from rich.console import Console
from rich.table import Table

from cli.loop import Loop
from ghosteam.documents import keys
from ghosteam.documents.parity import FAULTS, FeatureParity, Parity
from ghosteam.documents.training_set_summary import TrainingSetSummary
from ghosteam.features.views import View, views_of
from ghosteam.monitoring.log_frames import unnested
from ghosteam.problem.spec import Problem
from ghosteam.steps.prediction_log import read_made

WITH_REQUEST = "request"
"""Of features that come with a request, or are derived: no view brings them."""


@dataclass(frozen=True)
class Served:
    """How a view was read for ``rows`` predictions: the share ``without`` a row, and how old its
    values were at the events' times, half of them and 99 % at most.
    """

    rows: int
    without: float
    half: timedelta | None
    most: timedelta | None


def served_of(predictions: pl.DataFrame, views: Sequence[View]) -> dict[str, Served]:
    """By view, from the prediction log's ``freshness_seconds``; views that no record knows are
    left out.
    """
    ages = unnested(predictions, "freshness_seconds")
    found = {}
    for view in views:
        if view.name not in ages.columns or not ages.height:
            continue
        column = ages.get_column(view.name).cast(pl.Float64)
        found[view.name] = Served(
            ages.height,
            column.null_count() / ages.height,
            _length(column.quantile(0.5, "lower")),
            _length(column.quantile(0.99, "higher")),
        )
    return found


def newest_parity(loop: Loop) -> tuple[str, Parity] | None:
    """Of the newest run that has compared what was served, and its id."""
    for run in reversed(loop.runs):
        key = f"{keys.training_set(loop.problem, run.run_id)}/summary.json"
        if summary := loop.artifacts.find_json(key):
            return run.run_id, TrainingSetSummary.from_json(summary).parity
    return None


def compared(parity: Parity, name: str) -> tuple[str, FeatureParity] | None:
    """A feature by the log, or by the online store where the log has none of it."""
    for side, counts in (("served", parity.served), ("stored", parity.stored)):
        if (found := counts.get(name)) and found.rows:
            return side, found
    return None


def print_features(loop: Loop, console: Console, *, now: datetime, length: timedelta) -> None:
    """The views with what was served in the ``length`` before ``now`` (aware), then each feature
    beside the newest training set.
    """
    problem, views = loop.specification, views_of(loop.specification)
    log = read_made(
        loop.lake,
        loop.state,
        problem=problem,
        since=now - length,
        until=now,
        parts=("freshness_seconds",),
    )
    served = served_of(log.predictions, views)
    hours = length / timedelta(hours=1)
    made = log.predictions.height
    console.print(f"{made:,} prediction{'s' * (made != 1)} in the last {hours:g} hours")
    table = Table("view", "kind", "by", "features", "without a row", "age, half", "age, 99 %")
    for view in views:
        table.add_row(*_view(view, served.get(view.name)))
    console.print(table)
    found = newest_parity(loop)
    if found is None:
        console.print("No run has compared yet what was served with what was learned from.")
        return
    run_id, parity = found
    console.print(
        f"\nWhat was served, beside the training set of run {run_id} "
        f"({parity.served_rows:,} predictions):"
    )
    table = Table("feature", "view", "of", "rows", "equal", "null online", "late", "different")
    for row in _features(problem, views, parity):
        table.add_row(*row)
    console.print(table)


def _view(view: View, served: Served | None) -> tuple[str, ...]:
    told = (view.name, view.kind, ", ".join(view.keys), ", ".join(view.features.values()))
    if served is None:
        return (*told, "–", "–", "–")
    return (*told, f"{served.without:.1%}", _age(served.half), _age(served.most))


def _features(problem: Problem, views: Sequence[View], parity: Parity) -> Iterator[tuple[str, ...]]:
    of_view: Mapping[str, str] = {
        name: view.name for view in views for name in view.features.values()
    }
    for name in problem.feature_names:
        place = of_view.get(name, WITH_REQUEST)
        if name in problem.private_features:
            yield (name, place, "private", "–", "–", "–", "–", "–")
        elif found := compared(parity, name):
            side, counts = found
            equal = f"{counts.equal / counts.rows:.1%}"
            faults = (f"{counts.share(fault):.1%}" for fault in FAULTS)
            yield (name, place, side, f"{counts.rows:,}", equal, *faults)
        else:
            yield (name, place, "not compared", "–", "–", "–", "–", "–")


def _length(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _age(length: timedelta | None) -> str:
    if length is None:
        return "–"
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if length.total_seconds() >= seconds:
            return f"{length.total_seconds() / seconds:.1f} {unit}"
    return f"{length.total_seconds():.0f} s"
