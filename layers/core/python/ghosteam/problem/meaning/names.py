"""Names that stand beside one another are different, and none is one of the project's own."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.problem.features import Place
from ghosteam.problem.meaning.fault import Diagnostic, numbered
from ghosteam.problem.reserved import BESIDE_ROWS, RESERVED, TILE, period_name
from ghosteam.problem.spec import EVENT_TIME, Problem

_RENAME = "Rename it"


def names(problem: Problem) -> Iterator[Diagnostic]:
    """Columns, features, windows and outputs."""
    events = ("datasets", problem.events_name, "columns")
    own_time = {EVENT_TIME} if problem.event_time_expression.columns == (EVENT_TIME,) else set()
    overwritten = {EVENT_TIME, "known_at", "target", *_period_names(problem)} - own_time
    for column in problem.events.columns:
        if column in overwritten or (
            column in problem.request_columns and column in RESERVED - BESIDE_ROWS - own_time
        ):
            yield _own((*events, column))
    yield from _of_facts(problem)
    yield from _of_files(problem)
    for at, join in problem.joins:
        if "." in join.partition(".")[2]:
            yield Diagnostic(at, f"{join!r}: a column with a dot cannot be joined")
        if (feature := join.replace(".", "__")) in problem.events.columns:
            yield Diagnostic(
                at, f"{join!r} is called {feature} as a feature, a column's name already"
            )
    for number, window in enumerate(problem.features.windows):
        place = ("features", "windows", number, "name")
        for name in dict.fromkeys((window.name, *window.parts, *window.features)):
            if name in problem.datasets or name in problem.events.columns:
                yield Diagnostic(
                    place, f"{name!r} is a data set's or a column's name already", _RENAME
                )
            if name in RESERVED or name in _period_names(problem):
                yield Diagnostic(place, f"{name!r} is a name that the project itself uses", _RENAME)
        before = {
            name
            for other in problem.features.windows[:number]
            for name in (other.name, *other.parts)
        }
        for name in dict.fromkeys((window.name, *window.parts)):
            if name in before:
                yield Diagnostic(place, f"{name!r} is another window's name already", _RENAME)
    for number, derived in enumerate(problem.features.derived):
        place = ("features", "derived", number, "name")
        if derived.name in (*problem.datasets, *problem.events.columns, problem.target.name):
            yield Diagnostic(
                place,
                f"{derived.name!r} is a data set's, a column's or the target's name already",
                _RENAME,
            )
        if derived.name in RESERVED or derived.name in _period_names(problem):
            yield Diagnostic(
                place, f"{derived.name!r} is a name that the project itself uses", _RENAME
            )
    yield from _twice(problem)
    for name in problem.outputs:
        if name in RESERVED or name in problem.naming_columns:
            yield Diagnostic(
                ("target",),
                f"{name!r} would be an output's name, and is one that predictions use "
                "already: rename it",
            )


def _twice(problem: Problem) -> Iterator[Diagnostic]:
    """Features that are called as one before them; what has a column's or another window's name is
    told elsewhere.
    """
    seen = set[str]()
    for place, name in _named(problem):
        if name in seen and (place[1] == "request" or name not in problem.events.columns):
            yield Diagnostic(place, f"{name!r} is another feature's name already", "Name it once")
        seen.add(name)


def _named(problem: Problem) -> Iterator[tuple[Place, str]]:
    """All features, and what is looked up beside them, with their places."""
    features = problem.features
    yield from numbered(features.request, "features", "request")
    yield from numbered([join.replace(".", "__") for join in features.join], "features", "join")
    for place, join in problem.joins:
        if place[:2] != ("features", "join"):
            yield place, join.replace(".", "__")
    for number, window in enumerate(features.windows):
        if window.name not in [other.name for other in features.windows[:number]]:
            for name in window.features:
                yield ("features", "windows", number, "name"), name
    for number, derived in enumerate(features.derived):
        yield ("features", "derived", number, "name"), derived.name


def _of_facts(problem: Problem) -> Iterator[Diagnostic]:
    """Names that columns of facts have beside them when they are counted."""
    for name, dataset in problem.datasets.items():
        beside = {EVENT_TIME, "known_at", "target"} - {dataset.time}
        for column in dataset.columns if dataset.role == "facts" else ():
            if column in beside:
                yield _own(("datasets", name, "columns", column))


def _of_files(problem: Problem) -> Iterator[Diagnostic]:
    """Names that no file can give, or that a file's own columns have beside them."""
    for name, dataset in problem.datasets.items():
        for column in dataset.columns:
            place = ("datasets", name, "columns", column)
            if column != column.strip() or not column:
                yield Diagnostic(
                    place,
                    f"{column!r} is no name of a column: blanks around names do not count in files",
                    "Write it without blanks around it, and not empty",
                )
            own = column in BESIDE_ROWS or column.startswith(TILE)
            if dataset.role != "labels" and own:
                yield _own(place)


def _own(column: Place) -> Diagnostic:
    return Diagnostic(
        column,
        f"{column[-1]!r} is a name that the project itself uses: rename it",
        f"Give it another, with 'from: {column[-1]}' for the files' own",
    )


def _period_names(problem: Problem) -> set[str]:
    timed = [name for name in problem.joined_datasets if problem.datasets[name].every]
    windows = (name for one in problem.features.windows for name in one.parts)
    return {period_name(view) for view in (*timed, *windows)}
