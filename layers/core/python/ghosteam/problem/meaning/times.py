"""Times are sums of a timestamp and numbers, and last longer than nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ghosteam.problem.datasets import Column
from ghosteam.problem.meaning.fault import Fault, a_kind
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.timeexpr import TimeExpression

_NUMERIC = ("integer", "number")


def times(problem: Problem) -> Iterator[Fault]:
    """Times begin with a timestamp and go on with numbers."""
    columns = problem.events.columns
    base = problem.event_time_expression.base
    if base not in columns or columns[base].type != "timestamp":
        yield Fault(
            ("event_time",), f"event_time must begin with a timestamp column, {base!r} is none"
        )
    known = problem.known_at_expression.base
    if known != EVENT_TIME and columns[known].type != "timestamp":
        yield Fault(
            ("target", "known_at"),
            f"known_at must begin with event_time or a timestamp column, {known!r} is neither",
        )
    for place, expression in (
        (("event_time",), problem.event_time_expression),
        (("target", "known_at"), problem.known_at_expression),
    ):
        yield from _offsets(expression, columns, place)
    for name, dataset in problem.datasets.items():
        if dataset.role != "events" and dataset.time:
            kind = dataset.columns[dataset.time].type
            if kind != "timestamp":
                yield Fault(
                    ("datasets", name, "time"),
                    f"{dataset.time!r} is {a_kind(kind)}, not a timestamp",
                )


def _offsets(
    expression: TimeExpression, columns: dict[str, Column], place: tuple[str, ...]
) -> Iterator[Fault]:
    for offset in expression.offsets:
        if offset.column in columns and columns[offset.column].type not in _NUMERIC:
            yield Fault(
                place,
                f"{offset.column!r} is {a_kind(columns[offset.column].type)}: only numbers can be "
                f"counted in {offset.unit}",
            )


def durations(problem: Problem) -> Iterator[Fault]:
    """Durations last longer than nothing, and leave something to learn from."""
    nothing = timedelta()
    for place, value in (
        (("holdout",), problem.holdout),
        (("watch", "window"), problem.watch.window),
        (("retrain", "min_train"), problem.retrain.min_train),
        (("retrain", "train_window"), problem.retrain.train_window),
        *(
            (("datasets", name, "every"), dataset.every)
            for name, dataset in problem.datasets.items()
            if dataset.every is not None
        ),
    ):
        if value <= nothing:
            yield Fault(place, "must be longer than 0")
    if problem.holdout >= problem.retrain.train_window:
        yield Fault(
            ("holdout",),
            "the hold-out is as long as retrain.train_window: nothing is left to learn from",
        )
