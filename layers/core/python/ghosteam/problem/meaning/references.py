"""Data sets and columns that are named must exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ghosteam.problem.features import Place
from ghosteam.problem.meaning.derived import derived_references
from ghosteam.problem.meaning.fault import Diagnostic, numbered
from ghosteam.problem.meaning.through import through
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.window import Window


def references(problem: Problem) -> Iterator[Diagnostic]:
    """Whatever is named stands somewhere."""
    events = [name for name, dataset in problem.datasets.items() if dataset.role == "events"]
    if len(events) != 1:
        yield Diagnostic(
            ("datasets",), f"exactly one data set must have 'role: events'; {len(events)} have it"
        )
        return
    labelled = [name for name, dataset in problem.datasets.items() if dataset.role == "labels"]
    for name in labelled:
        if problem.datasets[name].of != events[0]:
            yield Diagnostic(
                ("datasets", name, "of"),
                f"{problem.datasets[name].of!r} is not the data set of the events",
                f"Write of: {events[0]}",
            )
    for name in labelled[1:]:
        yield Diagnostic(
            ("datasets", name, "role"),
            f"{labelled[0]!r} has 'role: labels' too: of two labels of an event the newest counts, "
            "and only within a data set is there an order",
            f"Land both kinds of files in {labelled[0]}",
        )
    for name, source in problem.sources.items():
        if source.dataset not in problem.datasets:
            known = ", ".join(problem.datasets)
            yield Diagnostic(
                ("sources", name, "dataset"),
                f"{source.dataset!r} is no data set; data sets are {known}",
            )
    columns = problem.events.columns

    def unknown(used: Iterable[tuple[Place, str]]) -> Iterator[Diagnostic]:
        for place, column in used:
            if column not in columns:
                yield Diagnostic(
                    place,
                    f"{column!r} is not among the columns of {events[0]!r}",
                    f"Declare it there, or use {', '.join(columns)}",
                )

    entity = next(iter(problem.entities))
    yield from unknown(numbered(problem.entity_columns, "entities", entity))
    yield from unknown(numbered(problem.events.id, "datasets", events[0], "id"))
    yield from unknown((("event_time",), one) for one in problem.event_time_expression.columns)
    for column in problem.known_at_expression.columns:
        if column not in problem.target_columns and column != EVENT_TIME:
            among = " or ".join(repr(name) for name in (events[0], *labelled))
            yield Diagnostic(
                ("target", "known_at"), f"{column!r} is not among the columns of {among}"
            )
    yield from unknown(numbered(problem.exclude, "exclude"))
    yield from unknown(numbered(problem.features.request, "features", "request"))
    if problem.model.weight:
        yield from unknown([(("model", "weight"), problem.model.weight)])
    for number, window in enumerate(problem.features.windows):
        yield from unknown(numbered(window.by, "features", "windows", number, "by"))
        yield from _counted(problem, window, ("features", "windows", number))
    for place, join in problem.features.joins:
        yield from _joined(problem, place, join)
    yield from through(problem)
    yield from derived_references(problem)
    if not problem.feature_names:
        yield Diagnostic(
            ("features",),
            "features is empty: name at least one request column, join, window or derived feature",
        )
    for number, column in enumerate(problem.promote.slices):
        if column not in problem.feature_names:
            yield Diagnostic(
                ("promote", "slices", number),
                f"{column!r} is not a feature; features are {', '.join(problem.feature_names)}",
            )


def _counted(problem: Problem, window: Window, place: Place) -> Iterator[Diagnostic]:
    """What is wrong with the data set whose rows a window counts."""
    if window.from_ in (None, problem.events_name):
        return
    found = problem.datasets.get(str(window.from_))
    if found is None or found.role != "facts":
        facts = [name for name, dataset in problem.datasets.items() if dataset.role == "facts"]
        yield Diagnostic(
            (*place, "from"),
            f"{window.from_!r} is no data set with 'role: facts'",
            f"Name one of {', '.join(facts)}"
            if facts
            else "Leave it out to count events, or declare a data set of facts",
        )
        return
    for number, column in enumerate(window.by):
        if column not in found.key:
            yield Diagnostic(
                (*place, "by", number),
                f"{column!r} is not among the key of {window.from_}: {', '.join(found.key)}",
                "Name it there, in both data sets by one name",
            )


def _joined(problem: Problem, place: Place, join: str) -> Iterator[Diagnostic]:
    """What is wrong with a ``dataset.column`` that is looked up, at the field that names it."""
    name, _, column = join.partition(".")
    if name not in problem.datasets or column not in problem.datasets[name].columns:
        yield Diagnostic(place, f"{join!r} is not <dataset>.<column> of a declared data set")
    elif name == problem.labels_name:
        yield Diagnostic(
            place,
            f"{join!r} is a column of labels, which is known after a prediction is asked",
            "Write a window over the target for what was known of earlier events",
        )
    elif problem.datasets[name].role == "facts":
        yield Diagnostic(
            place,
            f"{join!r} is a column of facts, of which there are many a key: windows count them",
            f"Write a window with 'from: {name}', such as the last of {column}",
        )
    elif name == problem.events_name:
        written = f"write {column}" if place[1] == "derived" else "write it under request"
        yield Diagnostic(place, f"{join!r} joins the events with themselves: {written}")
    else:
        for key in problem.datasets[name].key:
            if key not in (*problem.events.columns, *problem.datasets[name].through):
                yield Diagnostic(
                    ("datasets", name, "key"),
                    f"{name} is joined by {key!r}, which is not among the columns of "
                    f"{problem.events_name!r}",
                    f"Declare it there, or write 'through: {{{key}: <dataset>.<column>}}'",
                )
