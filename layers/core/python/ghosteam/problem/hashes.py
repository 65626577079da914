"""What follows from which part of a definition: a digest for each thing that is made by it.

Two definitions under which a thing would be made alike have the same digest of it; one that differs
says that it has to be made anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from ghosteam.problem.datasets import Column, Dataset
from ghosteam.problem.definition import digest_of
from ghosteam.problem.online_windows import online_windows
from ghosteam.problem.spec import Problem

DIGITS = 12
"""Hexadecimal digits of a digest that stand in names and records."""
_READING = (
    "type",
    "null_values",
    "from_",
    "made_of",
    "symbol",
    "decimal",
    "thousands",
    "format",
    "unit",
    "zone",
    "ambiguous",
)
"""Fields of a column by which the values of a file are read."""


def reading_hash(dataset: Dataset) -> str:
    """How the files of a data set are read: what is declared of them, its columns, their types, and
    what stands for null.
    """
    return digest_of(_reading(dataset))


def contract_hash(problem: Problem, dataset: str, code: str) -> str:
    """Which rows of a data set are let in. ``code``: digest of the problem's own contract code,
    empty where the data set has none.
    """
    found = problem.datasets[dataset]
    told = found.model_dump(
        mode="json",
        exclude={"empty", "reject_over", "reject_at_least", "quality", "columns", "through"},
        exclude_defaults=True,
    )
    told["columns"] = {name: values_hash(column) for name, column in found.columns.items()}
    tells_outcomes = dataset in (problem.events_name, problem.labels_name)
    return digest_of(
        {
            "dataset": told,
            "code": code if found.contract else "",
            "event": _outcome(problem) if tells_outcomes else None,
        }
    )


def values_hash(column: Column) -> str:
    """Which values a column may hold, and how they are written."""
    about = {"example", "private", "categorical"}
    return digest_of(column.model_dump(mode="json", exclude=about, exclude_defaults=True))


def target_hash(problem: Problem) -> str:
    """What an outcome is, and when it is known."""
    return digest_of(_outcome(problem))


def same_outcome(one: Problem, other: Problem) -> bool:
    """Whether outputs of models that learned by these say the same thing, and whether an outcome of
    the one judges a model of the other. Where an outcome is told, and when, does not matter.
    """
    return one is other or _meaning(one) == _meaning(other)


def training_hash(problem: Problem) -> str:
    """What a training set of the problem is: its events, outcomes and features. Two models with the
    same one learned the same thing, though perhaps from other rows and in another way.
    """
    return digest_of(
        {
            "task": problem.task,
            "outcome": _outcome(problem),
            "features": problem.features.model_dump(
                mode="json", exclude={"online_for", "windows_online"}, exclude_defaults=True
            ),
            "weight": problem.model.weight,
            "datasets": {
                name: {
                    **_lookup(problem.datasets[name]),
                    "columns": _used_columns(problem, name),
                }
                for name in sorted(problem.used_datasets)
            },
        }
    )


def lookup_hash(problem: Problem, dataset: str) -> str:
    """What the rows of a looked-up data set are as features."""
    found = problem.datasets[dataset]
    kept = {} if found.static else _kept(problem)
    return digest_of({**_lookup(found), "columns": _used_columns(problem, dataset), **kept})


def windows_hash(problem: Problem) -> str:
    """What the values of all windows over the events are: they are made together, from the same
    rows. Of facts ask their own problem, see :mod:`ghosteam.problem.counted`.
    """
    events = problem.events_name
    return digest_of(
        {
            "windows": [
                window.model_dump(mode="json", exclude_defaults=True)
                for window in problem.windows_over(events)
            ],
            "outcome": _outcome(problem),
            "by": _readings(problem.events, problem.window_columns(events)),
            **_kept(problem),
            **_shared(problem),
        }
    )


def _kept(problem: Problem) -> dict[str, str]:
    """Which rows are not there any more, and would be missed where more of them were to be."""
    online_for = problem.features.online_for
    return {"online_for": str(online_for)} if online_for else {}


def _shared(problem: Problem) -> dict[str, str]:
    """How online rows are laid out, where windows share some: others would be misread."""
    groups = online_windows(problem, problem.events_name)
    return {"online": "together"} if any(len(group) > 1 for group in groups.values()) else {}


def _meaning(problem: Problem) -> dict[str, object]:
    """What an outcome is, and of which event."""
    told: dict[str, object] = {}
    for dataset in (problem.events, problem.labels):
        if dataset:
            told |= _readings(dataset, problem.target.words)
    beside = {"name", "known_at", "matures"}
    return {
        "task": problem.task,
        "id": list(problem.event_id),
        "target": problem.target.model_dump(mode="json", exclude=beside, exclude_defaults=True),
        "columns": told,
    }


def _outcome(problem: Problem) -> dict[str, object]:
    columns = {
        *problem.event_time_expression.columns,
        *problem.known_at_expression.columns,
        *problem.naming_columns,
        *problem.target.words,
    }
    told = {problem.labels_name: _readings(problem.labels, columns)} if problem.labels else None
    return {
        "task": problem.task,
        "entities": list(problem.entity_columns),
        "id": list(problem.event_id),
        "event_time": problem.event_time,
        "target": problem.target.model_dump(mode="json", exclude={"name"}, exclude_defaults=True),
        "columns": _readings(problem.events, columns),
        **({"labels": told} if told else {}),
    }


def _lookup(dataset: Dataset) -> dict[str, object]:
    fields = {"role", "id", "key", "time", "every", "origin", "known_after", "static", "through"}
    return dataset.model_dump(mode="json", include=fields, exclude_defaults=True)


def _used_columns(problem: Problem, dataset: str) -> dict[str, object]:
    found = problem.datasets[dataset]
    used = {
        *found.id,
        *found.key,
        *found.time_columns,
        *problem.joined_columns(dataset),
        *problem.window_columns(dataset),
    }
    if dataset == problem.events_name:
        used |= {*problem.request_columns}
    return {name: _reading_of(found, name) for name in sorted(used)}


def _reading(dataset: Dataset) -> dict[str, object]:
    columns = _readings(dataset, dataset.columns)
    if dataset.files is None:
        return columns
    return {"columns": columns, "files": dataset.files.model_dump(exclude_defaults=True)}


def _readings(dataset: Dataset, columns: Iterable[str]) -> dict[str, object]:
    """Of those ``columns`` that the data set has."""
    known = sorted(name for name in set(columns) if name in dataset.columns)
    return {name: _reading_of(dataset, name) for name in known}


def _reading_of(dataset: Dataset, column: str) -> dict[str, object]:
    told = dataset.columns[column].model_dump(
        mode="json", include=set(_READING), exclude_defaults=True
    )
    return {**told, "null_values": sorted(dataset.null_markers(column))}
