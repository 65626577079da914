"""What rows are found by: whole numbers or text, of one type on both sides, never null."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ghosteam.problem.meaning.fault import Fault, a_kind
from ghosteam.problem.spec import Problem

_KEYS = ("integer", "string")


def keys(problem: Problem) -> Iterator[Fault]:
    """Types and nulls of entities, ids, groups and keys."""
    columns = problem.events.columns
    yield from _twice(problem.entity_columns, "entities")
    yield from _twice(problem.events.id, "datasets", problem.events_name, "id")
    for column in problem.naming_columns:
        if columns[column].type in ("number", "boolean"):
            yield Fault(
                ("datasets", problem.events_name, "columns", column),
                f"{column!r} identifies a row, and is {a_kind(columns[column].type)}: use an "
                "integer, a string or a timestamp",
            )
        if columns[column].nullable:
            yield Fault(
                ("datasets", problem.events_name, "columns", column),
                f"{column!r} identifies a row, so it cannot be null: remove nullable, or the '?'",
            )
    for number, window in enumerate(problem.features.windows):
        for column in window.by:
            if columns[column].type not in _KEYS:
                yield Fault(
                    ("features", "windows", number, "by"),
                    f"{column!r} is {a_kind(columns[column].type)}: a group is an integer or text",
                )
    for name, dataset in problem.datasets.items():
        if dataset.role != "lookup":
            continue
        for key, count in Counter(dataset.key).items():
            if count > 1:
                yield Fault(("datasets", name, "key"), f"{key!r} is in the key more than once")
        for key in dict.fromkeys(dataset.key):
            declared, place = dataset.columns[key], ("datasets", name, "columns", key)
            if declared.type not in _KEYS:
                yield Fault(
                    place,
                    f"{key!r} is a key, and {a_kind(declared.type)}: use an integer or a string",
                    f"Declare {key} as integer or string, here and in {problem.events_name}",
                )
            elif name in problem.joined_datasets and declared.type != columns[key].type:
                yield Fault(
                    place,
                    f"{key!r} is {a_kind(declared.type)} here and {a_kind(columns[key].type)} in "
                    f"{problem.events_name}: no row would be found",
                    f"Declare {key} as string in both, or as integer in both",
                )
            if declared.nullable:
                yield Fault(
                    place, f"{key!r} is a key, so it cannot be null: remove nullable, or the '?'"
                )


def _twice(named: Sequence[str], *place: str) -> Iterator[Fault]:
    for column, count in Counter(named).items():
        if count > 1:
            yield Fault(place, f"{column!r} is named more than once")
