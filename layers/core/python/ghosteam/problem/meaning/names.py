"""Names that stand beside one another are different, and none is one of the project's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ghosteam.problem.meaning.fault import Fault
from ghosteam.problem.reserved import RESERVED
from ghosteam.problem.spec import EVENT_TIME, Problem


def names(problem: Problem) -> Iterator[Fault]:
    """Columns, features, windows and outputs."""
    events = ("datasets", problem.events_name, "columns")
    own_time = {EVENT_TIME} if problem.event_time_expression.columns == (EVENT_TIME,) else set()
    overwritten = {EVENT_TIME, "known_at", "target"} - own_time
    for column in problem.events.columns:
        if column in overwritten or (
            column in problem.request_columns and column in RESERVED - own_time
        ):
            yield Fault(
                (*events, column), f"{column!r} is a name that the project itself uses: rename it"
            )
    for number, join in enumerate(problem.features.join):
        if "." in join.partition(".")[2]:
            yield Fault(
                ("features", "join", number), f"{join!r}: a column with a dot cannot be joined"
            )
    for number, window in enumerate(problem.features.windows):
        place = ("features", "windows", number, "name")
        if window.name in problem.datasets or window.name in problem.events.columns:
            yield Fault(place, f"{window.name!r} is a data set's or a column's name already")
        if window.name in RESERVED:
            yield Fault(place, f"{window.name!r} is a name that the project itself uses")
    for name, count in Counter(problem.feature_names).items():
        if count > 1:
            yield Fault(("features",), f"{name!r} is named {count} times")
    for name in problem.outputs:
        if name in RESERVED or name in problem.naming_columns:
            yield Fault(
                ("target",),
                f"{name!r} would be an output's name, and is one that predictions use "
                "already: rename it",
            )
