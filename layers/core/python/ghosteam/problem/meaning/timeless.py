"""What events without a time can have, and what only those with one."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.problem.expressions.tree import Read
from ghosteam.problem.lengths import NOTHING, Length
from ghosteam.problem.meaning.fault import Diagnostic
from ghosteam.problem.share import Share
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.target import UNKNOWN

_REMEDY = "Leave it out, or say in event_time when a row's prediction is asked"
LARGEST = 0.5
"""Of the share that is held out: the rest is to learn from."""


def timeless(problem: Problem) -> Iterator[Diagnostic]:
    """Everything that counts from an event's time needs one."""
    yield from _without(problem) if not problem.timed else _with(problem)


def _with(problem: Problem) -> Iterator[Diagnostic]:
    if problem.target.known_at is None:
        yield Diagnostic(
            ("target",),
            "known_at is missing: when does the outcome become known?",
            "Write known_at, such as 'event_time + 1h'",
        )
    if isinstance(problem.holdout, Share):
        yield Diagnostic(
            ("holdout",),
            f"{problem.holdout} of the events would mix later ones with earlier: events with a "
            "time are held out by it",
            "Write a duration, such as 14d, or 'event_time: none'",
        )
    if "min_rows" in problem.retrain.model_fields_set:
        yield Diagnostic(
            ("retrain", "min_rows"),
            "min_rows counts events without a time; of others min_train says how much is enough",
            "Leave it out, or write 'event_time: none'",
        )


def _without(problem: Problem) -> Iterator[Diagnostic]:
    events = ("datasets", problem.events_name)
    if not problem.events.id:
        yield Diagnostic(
            events,
            "events without a time are told apart by their id, and there is none",
            "Write 'id: [<column>, …]' at this data set",
        )
    if problem.labels_name:
        yield Diagnostic(
            ("datasets", problem.labels_name),
            "labels are joined with their events by the events' times, and events have none",
            "Fill outcomes into the events' own rows, and send these again when they are known, or "
            "say in event_time when a row's prediction is asked",
        )
    for number, window in enumerate(problem.features.windows):
        yield Diagnostic(
            ("features", "windows", number),
            f"the window {window.name!r} ends at an event's time, and events have none",
            _REMEDY,
        )
    for place, join in problem.joins:
        name = join.partition(".")[0]
        if not problem.datasets[name].static:
            yield Diagnostic(
                place,
                f"{name!r} is looked up by an event's time, and events have none",
                f"Declare {name} as static, or say in event_time when a row's prediction is asked",
            )
    for number, derived in enumerate(problem.features.derived):
        if Read(EVENT_TIME) in derived.expression.reads:
            yield Diagnostic(
                ("features", "derived", number, "expr"),
                f"{derived.expr!r} reads an event's time, and events have none",
                _REMEDY,
            )
    if problem.features.clock == "available_at":
        yield Diagnostic(
            ("features", "clock"),
            "what could be read online is told by an event's time, and events have none",
            _REMEDY,
        )
    target = problem.target
    for field, given in (
        ("known_at", target.known_at is not None),
        ("matures", target.matures != NOTHING),
        ("absent", target.absent != UNKNOWN),
    ):
        if given:
            yield Diagnostic(
                ("target", field),
                f"{field} counts from an event's time, and events have none: an outcome is known "
                "from when its row arrives on",
                _REMEDY,
            )
    for field in ("min_train", "train_window"):
        if field in problem.retrain.model_fields_set:
            yield Diagnostic(
                ("retrain", field),
                f"{field} is a stretch of events' times, and events have none",
                "Write min_rows: how many events with an outcome are enough",
            )
    if isinstance(problem.holdout, Length):
        yield Diagnostic(
            ("holdout",),
            f"{problem.holdout} is a stretch of events' times, and events have none",
            "Write a share of the events, such as 20%",
        )
    elif not 0 < problem.held_out_share <= LARGEST:
        yield Diagnostic(
            ("holdout",),
            f"{problem.holdout} is held out; a model needs rows to be judged by and as many to "
            "learn from",
            f"Write more than 0% and at most {LARGEST:.0%}",
        )
