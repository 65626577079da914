"""What outcomes, private columns and null markers may not be."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.problem.features import Place
from ghosteam.problem.meaning.fault import Diagnostic, a_kind, numbered
from ghosteam.problem.spec import Problem


def outcome(problem: Problem) -> Iterator[Diagnostic]:
    """What the outcome is made of is not known when a prediction is asked. With labels it is made
    of something that they state, and may compare that with what a request carries.
    """
    of_outcome = problem.target.words & problem.events.columns.keys()
    if not of_outcome and problem.labels is None:
        yield Diagnostic(
            ("target", "expr"),
            f"{problem.target.expr!r} reads no column of {problem.events_name!r}",
        )
    carried = "a request would have to carry it"
    features: dict[str, tuple[Place, str]] = {
        read.name: (("features", "derived", number, "expr"), f"{one.name} reads it")
        for number, one in enumerate(problem.features.derived)
        for read in one.expression.reads
        if not read.dataset
    } | {
        name: (place, carried)
        for place, name in numbered(problem.features.request, "features", "request")
    }
    for column in problem.request_columns:
        if column in problem.exclude:
            place, why = features.get(column, (("exclude",), carried))
            yield Diagnostic(
                place,
                f"{column!r} is excluded as known too late, but {why}",
                f"Take {column} out of the features, or out of exclude",
            )
        elif column in of_outcome and problem.labels is None:
            place, why = features.get(column, (("target", "expr"), carried))
            yield Diagnostic(
                place,
                f"the outcome is made of {column!r}, and {why}: the model would learn from the "
                "answer",
                f"Use no {column} for an event's entity, id, time, groups, keys and features",
            )


def classes(problem: Problem) -> Iterator[Diagnostic]:
    """No class is a text that files give for null: its rows would have no outcome."""
    column = problem.target.expr.strip().strip('"`')
    for dataset in (problem.events, problem.labels):
        if dataset is None or column not in dataset.columns:
            continue
        for name in problem.target.classes:
            if name in dataset.null_markers(column):
                yield Diagnostic(
                    ("target", "classes"),
                    f"{name!r} stands for null in {column!r}: rows of the class would have no "
                    "outcome",
                    f"Write null_values of {column!r} without {name!r}",
                )


def weight(problem: Problem) -> Iterator[Diagnostic]:
    """Rows are weighted by a number."""
    name = problem.model.weight
    if name and problem.events.columns[name].type not in ("integer", "number"):
        kind = a_kind(problem.events.columns[name].type)
        yield Diagnostic(("model", "weight"), f"{name!r} is {kind}: a weight is a number")


def private(problem: Problem) -> Iterator[Diagnostic]:
    """Nothing private stands where people read it."""
    for number, column in enumerate(problem.promote.slices):
        if column in problem.private_features:
            yield Diagnostic(
                ("promote", "slices", number),
                f"{column!r} is private, and its values would stand in the gates' reasons",
            )
    for column in dict.fromkeys((*problem.naming_columns, *problem.event_time_expression.columns)):
        if problem.events.columns[column].private:
            yield Diagnostic(
                ("datasets", problem.events_name, "columns", column),
                f"{column!r} cannot be private: predictions are logged by entity, id and time, to "
                "be matched with their outcomes; give a pseudonym in its place",
            )


def values(problem: Problem) -> Iterator[Diagnostic]:
    """A value is not declared as null beside."""
    for name, dataset in problem.datasets.items():
        for column, declared in dataset.columns.items():
            for value in declared.values or ():
                if value in (declared.null_values or ()):
                    yield Diagnostic(
                        ("datasets", name, "columns", column, "null_values"),
                        f"{value!r} is one of values too: it cannot be both a value and null",
                        "Take it out of one of the two",
                    )
