"""What rows are found by: whole numbers or text, of one type on both sides, never null."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ghosteam.problem.datasets import Column
from ghosteam.problem.features import Place
from ghosteam.problem.meaning.fault import Diagnostic, a_kind
from ghosteam.problem.spec import Problem

_KEYS = ("integer", "string")


def lists(problem: Problem) -> Iterator[Diagnostic]:
    """What is listed is listed once."""
    for place, names in _lists(problem):
        for name, count in Counter(names).items():
            if count > 1:
                yield Diagnostic(place, f"{name!r} is named more than once", "Name it once")


def _lists(problem: Problem) -> Iterator[tuple[Place, tuple[str, ...]]]:
    watch = problem.watch
    yield ("entities",), problem.entity_columns
    for name, dataset in problem.datasets.items():
        yield ("datasets", name, "id"), dataset.id
        yield ("datasets", name, "key"), dataset.key
        yield ("datasets", name, "through"), tuple(dataset.through.values())
    yield ("exclude",), problem.exclude
    for number, window in enumerate(problem.features.windows):
        yield ("features", "windows", number, "by"), window.by
    yield ("model", "families"), problem.model.families
    yield ("promote", "slices"), problem.promote.slices
    yield ("watch", "only"), watch.only
    yield ("watch", "ignore"), watch.ignore
    for use, named in watch.detectors:
        yield ("watch", "detectors", use), named
    yield ("retrain", "on"), problem.retrain.on


def keys(problem: Problem) -> Iterator[Diagnostic]:
    """Types and nulls of entities, ids, groups and keys."""
    columns = problem.events.columns
    yield from _names_rows(problem.events_name, columns, problem.naming_columns)
    for number, window in enumerate(problem.features.windows):
        for column in window.by:
            if columns[column].type not in _KEYS:
                yield Diagnostic(
                    ("features", "windows", number, "by"),
                    f"{column!r} is {a_kind(columns[column].type)}: a group is an integer or text",
                )
    for name, dataset in problem.datasets.items():
        if dataset.role not in ("lookup", "facts"):
            continue
        yield from _names_rows(name, dataset.columns, dataset.id)
        joined = dataset.key if name in problem.joined_datasets else ()
        asked = {*joined, *(one for window in problem.windows_over(name) for one in window.by)}
        for key in dict.fromkeys(dataset.key):
            declared, place = dataset.columns[key], ("datasets", name, "columns", key)
            if declared.type not in _KEYS:
                yield Diagnostic(
                    place,
                    f"{key!r} is a key, and {a_kind(declared.type)}: use an integer or a string",
                    f"Declare {key} as integer or string, here and in {problem.events_name}",
                )
            elif key in dataset.through:
                yield from _same_type(problem, name, key)
            elif key in asked and declared.type != columns[key].type:
                yield Diagnostic(
                    place,
                    f"{key!r} is {a_kind(declared.type)} here and {a_kind(columns[key].type)} in "
                    f"{problem.events_name}: no row would be found",
                    f"Declare {key} as string in both, or as integer in both",
                )
            if declared.nullable and not dataset.id:
                yield Diagnostic(
                    place, f"{key!r} is a key, so it cannot be null: remove nullable, or the '?'"
                )


def _same_type(problem: Problem, dataset: str, key: str) -> Iterator[Diagnostic]:
    """What is wrong with the type of a key whose values another data set's rows tell."""
    found = problem.datasets[dataset]
    other, _, column = found.through[key].partition(".")
    own, told = found.columns[key].type, problem.datasets[other].columns[column].type
    if own != told:
        yield Diagnostic(
            ("datasets", dataset, "through", key),
            f"{key!r} is {a_kind(own)}, and {found.through[key]} {a_kind(told)}: no row would be "
            "found",
            "Declare both as string, or both as integer",
        )


def _names_rows(
    dataset: str, columns: Mapping[str, Column], naming: tuple[str, ...]
) -> Iterator[Diagnostic]:
    """What is wrong with the columns that name a data set's rows."""
    for column in naming:
        place = ("datasets", dataset, "columns", column)
        if columns[column].type in ("number", "boolean"):
            yield Diagnostic(
                place,
                f"{column!r} identifies a row, and is {a_kind(columns[column].type)}: use an "
                "integer, a string or a timestamp",
            )
        if columns[column].nullable:
            yield Diagnostic(
                place,
                f"{column!r} identifies a row, so it cannot be null: remove nullable, or the '?'",
            )
