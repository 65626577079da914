"""Labels name events as events name themselves, and state what the events do not."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.problem.datasets import Dataset
from ghosteam.problem.meaning.fault import Diagnostic, a_kind
from ghosteam.problem.reserved import RESERVED
from ghosteam.problem.spec import Problem


def labels(problem: Problem) -> Iterator[Diagnostic]:
    """Columns of labels: those of ``Problem.label_key`` as the events have them, others that the
    events do not have, and among these something that the outcome is made of.
    """
    name, dataset = problem.labels_name, problem.labels
    if name is None or dataset is None:
        return
    place = ("datasets", name, "columns")
    yield from _naming(problem, dataset, place)
    for column in dataset.columns:
        if column in problem.label_key:
            continue
        if column in problem.events.columns:
            yield Diagnostic(
                (*place, column),
                f"{column!r} is a column of {problem.events_name} too: which of the two counts?",
                "Declare it in one of them; other columns of a file are passed over",
            )
        elif column in RESERVED:
            yield Diagnostic(
                (*place, column), f"{column!r} is a name that the project itself uses: rename it"
            )
        elif column in problem.feature_names:
            yield Diagnostic((*place, column), f"{column!r} is a feature's name already: rename it")
    if not problem.stated_columns:
        yield Diagnostic(
            ("target", "expr"),
            f"{problem.target.expr!r} reads no column of {name} but those that name the event: its "
            "rows would state nothing",
            f"Make the outcome of a column of {name}, or remove the data set",
        )
    for column in dataset.columns:
        told = column in problem.stated_columns or column in problem.known_at_expression.columns
        if told and column not in problem.label_key and not dataset.columns[column].nullable:
            yield Diagnostic(
                (*place, column),
                f"{column!r} is told by labels, and null there withdraws a label: it must be "
                "nullable",
                f"Write {column}: {dataset.columns[column].type}?",
            )


def _naming(problem: Problem, dataset: Dataset, place: tuple[str, ...]) -> Iterator[Diagnostic]:
    events = problem.events.columns
    for column in problem.label_key:
        if column not in dataset.columns:
            yield Diagnostic(
                place,
                f"{column!r} is missing: a label names its event by {', '.join(problem.label_key)}",
                f"Add {column}: {events[column].type}",
            )
            continue
        declared = dataset.columns[column]
        if declared.type != events[column].type:
            yield Diagnostic(
                (*place, column),
                f"{column!r} is {a_kind(declared.type)} here and {a_kind(events[column].type)} in "
                f"{problem.events_name}: no event would be found",
                f"Declare {column} as {events[column].type} in both",
            )
        if declared.nullable:
            yield Diagnostic(
                (*place, column),
                f"{column!r} names the event, so it cannot be null: remove nullable, or the '?'",
            )
