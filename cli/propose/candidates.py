"""Joins and windows that a problem's data sets offer, and that it does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from cli.infer.names import plain_name
from ghosteam.data.derive import time_column
from ghosteam.json_object import JsonObject
from ghosteam.problem.meaning.faults import faults_of
from ghosteam.problem.meaning.references import references
from ghosteam.problem.spec import Problem
from ghosteam.problem.window import RATE, Window

Rows = Mapping[str, pl.DataFrame]
_LENGTHS = (7, 28)
_ENOUGH = 5
"""Rows that a group has in a window on average, at least, and without which a mean is none."""
_MOST_GROUPS = 5_000
_MOST_NUMBERS = 3
_KEYS, _NUMBERS = ("integer", "string"), ("integer", "number")


@dataclass(frozen=True)
class LeftOut:
    """What is not proposed, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class FeatureCandidate:
    """A join, ``dataset.column``, or the fields of a window."""

    join: str | None = None
    window: JsonObject | None = None

    @property
    def name(self) -> str:
        """What a person calls it by."""
        return str(self.join or (self.window or {})["name"])

    @property
    def feature(self) -> str:
        """The feature that a model reads."""
        return self.name.replace(".", "__")

    def added_to(self, problem: Problem) -> Problem:
        """The problem with it."""
        features = problem.features
        joins = (self.join,) if self.join else ()
        windows = (Window.model_validate(self.window),) if self.window else ()
        added = {"join": (*features.join, *joins), "windows": (*features.windows, *windows)}
        return problem.model_copy(update={"features": features.model_copy(update=added)})


def candidates(problem: Problem, rows: Rows) -> tuple[list[FeatureCandidate], list[LeftOut]]:
    """What the grammar takes of all that is offered by good ``rows`` by data set, and what it or
    they forbid.
    """
    found, left = list[FeatureCandidate](), list[LeftOut]()
    taken = {*problem.feature_names, *problem.datasets, *problem.events.columns}
    offered = (_joins(problem, rows), _outcomes(problem, rows, taken), _facts(problem, rows, taken))
    for one in (each for some in offered for each in some):
        if isinstance(one, LeftOut):
            left.append(one)
        elif why := _fault(one.added_to(problem)):
            left.append(LeftOut(one.name, why))
        else:
            found.append(one)
    return found, left


def _fault(problem: Problem) -> str | None:
    told = [*references(problem)] or faults_of(problem)
    return told[0].message if told else None


def _joins(problem: Problem, rows: Rows) -> Iterator[FeatureCandidate | LeftOut]:
    for name, dataset in problem.datasets.items():
        if dataset.role != "lookup" or name not in rows:
            continue
        beside = {*dataset.key, *dataset.time_columns}
        for column, declared in dataset.columns.items():
            join = f"{name}.{column}"
            if column in beside or join in problem.features.join:
                continue
            if declared.type == "timestamp":
                yield LeftOut(join, "it is a time, and no model reads times")
            else:
                yield FeatureCandidate(join=join)


def _outcomes(
    problem: Problem, rows: Rows, taken: set[str]
) -> Iterator[FeatureCandidate | LeftOut]:
    """How earlier outcomes of a group were, and how many there were."""
    if not problem.timed:
        return
    events = rows[problem.events_name]
    days = max(1, _days(events, problem))
    for by, declared in problem.events.columns.items():
        if declared.type not in _KEYS or by in (*problem.exclude, *problem.target.words):
            continue
        name, groups = f"windows by {by}", events[by].n_unique()
        often = events.height / groups / days
        length = next((one for one in _LENGTHS if one * often >= _ENOUGH), None)
        if events[by].null_count():
            yield LeftOut(name, "some events have none")
        elif groups < 2:
            yield LeftOut(name, "all events have the same")
        elif groups > _MOST_GROUPS:
            yield LeftOut(name, f"{groups:,} different values are too many")
        elif length is None or days < 2 * length:
            yield LeftOut(name, "most of its values come too rarely for a history")
        else:
            aggregates = [("count", "rows")]
            if problem.kind.learns != "multiclass":
                rate = RATE if problem.kind.learns == "binary" else "mean"
                aggregates.insert(0, (rate, problem.target.name))
            for aggregate, of in aggregates:
                yield _window(by, aggregate, of, length, taken)


def _facts(problem: Problem, rows: Rows, taken: set[str]) -> Iterator[FeatureCandidate | LeftOut]:
    """How many facts there were of a key, how long ago the last, and what their numbers were."""
    for name, dataset in problem.datasets.items():
        if dataset.role != "facts" or name not in rows or not problem.timed:
            continue
        beside = {*dataset.key, *dataset.id, *dataset.time_columns}
        numbers = [
            column
            for column, declared in dataset.columns.items()
            if declared.type in _NUMBERS and column not in beside
        ]
        for column in numbers[_MOST_NUMBERS:]:
            yield LeftOut(f"{name}.{column}", f"the first {_MOST_NUMBERS} numbers are looked at")
        of = [("count", "rows"), ("time_since", "rows")]
        of += [("mean", column) for column in numbers[:_MOST_NUMBERS]]
        for by in dataset.key:
            for aggregate, column in of:
                yield _window(by, aggregate, column, _LENGTHS[-1], taken, source=name)


def _window(
    by: str, aggregate: str, of: str, days: int, taken: set[str], source: str = ""
) -> FeatureCandidate:
    parts = (source[:10], by[:8], aggregate[:5], of[:8] if of != "rows" else "", f"{days}d")
    name = plain_name("_".join(filter(None, parts)), taken=taken)
    taken.add(name)
    told: JsonObject = {"name": name, **({"from": source} if source else {})}
    few: JsonObject = {"min_rows": _ENOUGH} if aggregate in (RATE, "mean") else {}
    return FeatureCandidate(window={**told, "by": [by], aggregate: of, "over": f"{days}d", **few})


def _days(events: pl.DataFrame, problem: Problem) -> int:
    times = events.select(time_column(problem.event_time_expression).alias("t"))["t"]
    return int(times.dt.date().n_unique())
