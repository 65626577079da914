"""Times are sums of a timestamp and numbers, and last longer than nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from ghosteam.problem.counted import as_counted
from ghosteam.problem.datasets import Column
from ghosteam.problem.lengths import Length
from ghosteam.problem.meaning.fault import Diagnostic, a_kind
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.timeexpr import TimeExpression

_DAY = timedelta(days=1)
SHORTEST_WATCHED = timedelta(hours=1)
_NUMERIC = ("integer", "number")


def times(problem: Problem) -> Iterator[Diagnostic]:
    """Times begin with a timestamp and go on with numbers."""
    for place, expression, columns in (
        (("event_time",), problem.event_time_expression, problem.events.columns),
        (("target", "known_at"), problem.known_at_expression, problem.target_columns),
    ):
        yield from _base(expression, columns, place, or_event_time=place[0] == "target")
        yield from _clock(expression, columns, place)
        yield from _offsets(expression, columns, place)
    for name, dataset in problem.datasets.items():
        if dataset.role in ("lookup", "facts") and dataset.time:
            expression = dataset.time_expression
            yield from _base(expression, dataset.columns, ("datasets", name, "time"))
            yield from _clock(expression, dataset.columns, ("datasets", name, "time"))
            yield from _offsets(expression, dataset.columns, ("datasets", name, "time"))


def _base(
    expression: TimeExpression,
    columns: Mapping[str, Column],
    place: tuple[str, ...],
    *,
    or_event_time: bool = False,
) -> Iterator[Diagnostic]:
    base = expression.base
    if isinstance(base, datetime):
        return
    if isinstance(base, str):
        if or_event_time and base == EVENT_TIME:
            return
        if base not in columns or columns[base].type != "timestamp":
            what = "event_time or a timestamp column" if or_event_time else "a timestamp column"
            yield Diagnostic(place, f"{place[-1]} must begin with {what}, not with {base!r}")
        return
    for part, column in zip(("year", "month", "day"), base, strict=False):
        if column not in columns or columns[column].type == "integer":
            continue
        if part != "month" or columns[column].type != "string":
            kind = a_kind(columns[column].type)
            yield Diagnostic(
                place,
                f"{column!r} is {kind}: the parts of a date are integers, or of a month its name",
            )


def _clock(
    expression: TimeExpression, columns: Mapping[str, Column], place: tuple[str, ...]
) -> Iterator[Diagnostic]:
    clock = expression.clock
    if clock is None:
        return
    if expression.base == EVENT_TIME and EVENT_TIME not in columns:
        yield Diagnostic(
            place,
            f"event_time is a moment, and {clock.column!r} a time of some day",
            f"Begin with the column of the day, as in 'day + {clock.column} clock'",
        )
    if clock.column in columns and columns[clock.column].type not in ("string", "integer"):
        yield Diagnostic(
            place,
            f"{clock.column!r} is {a_kind(columns[clock.column].type)}: what a clock shows is a "
            "string such as 14:05, or an integer such as 1405",
        )


def _offsets(
    expression: TimeExpression, columns: Mapping[str, Column], place: tuple[str, ...]
) -> Iterator[Diagnostic]:
    for offset in expression.offsets:
        if offset.column in columns and columns[offset.column].type not in _NUMERIC:
            yield Diagnostic(
                place,
                f"{offset.column!r} is {a_kind(columns[offset.column].type)}: only numbers can be "
                f"counted in {offset.unit}",
            )


def short_windows(problem: Problem) -> Iterator[Diagnostic]:
    """Windows of less than a day are over rows that become known at times of a day."""
    for number, window in enumerate(problem.features.windows):
        counted = as_counted(problem, problem.counted_by(window))
        if window.every < _DAY and _by_the_day(counted):
            yield Diagnostic(
                ("features", "windows", number, "over"),
                f"all rows of {counted.events_name} of a day become known at one time: what of "
                "them lies in less than a day says nothing",
                "Write whole days in 'over', or in the rows' times what hour it is, as in "
                "date(year, month, day) + hour hours",
            )


def _by_the_day(problem: Problem) -> bool:
    """Whether the times at which outcomes become known are days."""
    known, happens = problem.known_at_expression, problem.event_time_expression
    offsets = known.offsets
    if known.base == EVENT_TIME:
        known, offsets = happens, (*happens.offsets, *offsets)
    by_parts = isinstance(known.base, tuple) and known.clock is None
    return by_parts and all(one.unit == "days" for one in offsets)


def durations(problem: Problem) -> Iterator[Diagnostic]:
    """Durations last longer than nothing, and leave something to learn from."""
    nothing, has_length = timedelta(), problem.timed and isinstance(problem.holdout, Length)
    for place, value in (
        *([(("holdout",), problem.held_out_length.longest)] if has_length else []),
        (("watch", "window"), problem.watch.window.longest),
        (("retrain", "min_train"), problem.retrain.min_train.longest),
        (("retrain", "train_window"), problem.retrain.train_window.longest),
        *(
            (("datasets", name, "every"), dataset.every.longest)
            for name, dataset in problem.datasets.items()
            if dataset.every is not None
        ),
    ):
        if value <= nothing:
            yield Diagnostic(place, "must be longer than 0")
    if nothing < problem.watch.window.longest < SHORTEST_WATCHED:
        yield Diagnostic(
            ("watch", "window"),
            "windows are looked at one by one, and none is shorter than an hour",
            "Write 1h or longer",
        )
    if has_length and problem.held_out_length.longest >= problem.retrain.train_window.longest:
        yield Diagnostic(
            ("holdout",),
            "the hold-out is as long as retrain.train_window: nothing is left to learn from",
        )
