"""Which events are learned from, which are held out to judge by, and which only a model learns from
that is fitted again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import polars as pl

from ghosteam.data.derive import KNOWN_AT, TARGET, mature_at
from ghosteam.documents.plan import Plan
from ghosteam.errors import InvalidInput
from ghosteam.features.hashed import drawn
from ghosteam.features.last_known import with_last_known
from ghosteam.problem.spec import EVENT_TIME, Problem


@dataclass(frozen=True)
class Spans:
    """The plan's times (aware, UTC): training events from ``train_start``, hold-out in
    ``[holdout_start, holdout_end]``: it holds the newest event.
    """

    train_start: datetime
    holdout_start: datetime
    holdout_end: datetime

    @classmethod
    def of(cls, plan: Plan) -> Spans:
        """Those of a run."""
        return cls(plan.train_start, plan.holdout_start, plan.holdout_end)


class Sets(NamedTuple):
    """A training row's outcome was known, and its event mature, when the hold-out began: a model
    trained at that moment could have used it. ``since``: events before the hold-out of which that
    is true only now.
    """

    train: pl.DataFrame
    holdout: pl.DataFrame
    since: pl.DataFrame


def split(events: pl.DataFrame, spans: Spans, *, problem: Problem) -> Sets:
    """:func:`sets_of` the events, which can be learned from and judged by.

    Raises:
        InvalidInput: there is nothing to learn from or nothing to judge by, or an outcome is none
            of the task's.
    """
    sets = sets_of(events, spans, problem=problem)
    if problem.timed:
        where: dict[str, object] = {
            "from": spans.train_start,
            "holdout_from": spans.holdout_start,
            "to": spans.holdout_end,
        }
        remedy = "Drop events, with their outcomes, of that time"
    else:
        labelled = sets.train.height + sets.holdout.height
        where, remedy = {"rows": labelled}, "Drop more events with their outcomes"
    for name, frame in (("training", sets.train), ("hold-out", sets.holdout)):
        if frame.is_empty():
            raise InvalidInput(f"The {name} set is empty", where=where, remedy=remedy)
    return sets


def sets_of(events: pl.DataFrame, spans: Spans, *, problem: Problem) -> Sets:
    """Events with a time are sorted by it and have ``_last_known``: see
    :func:`~ghosteam.features.last_known.with_last_known`. It looks at all events, those of no set
    too.

    Of events without a time the hold-out is a share, drawn by a hash of the id, and ``spans``
    divide nothing.

    Raises:
        InvalidInput: an outcome is none of the task's.
    """
    _check_outcomes(events, problem)
    labelled = events.filter(pl.col(TARGET).is_not_null(), pl.col(KNOWN_AT).is_not_null())
    return _by_time(labelled, spans, problem) if problem.timed else _by_hash(labelled, problem)


def _by_time(labelled: pl.DataFrame, spans: Spans, problem: Problem) -> Sets:
    ordered = labelled.sort(EVENT_TIME, maintain_order=True)
    ordered = with_last_known(ordered, problem.entity_columns)
    in_time = pl.col(EVENT_TIME).is_between(spans.train_start, spans.holdout_start, closed="left")
    # Outcomes that come early are not like the others: of events that were not mature then, none.
    mature = mature_at(problem.target.matures) <= spans.holdout_start
    known = mature & (pl.col(KNOWN_AT) <= spans.holdout_start)
    held_out = pl.col(EVENT_TIME).is_between(spans.holdout_start, spans.holdout_end, closed="both")
    return Sets(
        ordered.filter(in_time, known), ordered.filter(held_out), ordered.filter(in_time, ~known)
    )


def _by_hash(labelled: pl.DataFrame, problem: Problem) -> Sets:
    identity = list(problem.event_id)
    ordered = labelled.sort(identity)
    held_out = drawn(ordered, identity, problem.held_out_share, purpose="holdout")
    return Sets(ordered.filter(~held_out), ordered.filter(held_out), ordered.clear())


def _check_outcomes(events: pl.DataFrame, problem: Problem) -> None:
    """Rows that were validated under another definition of the target may have none of today's."""
    other = events.filter(pl.col(TARGET).is_nan())
    if not other.is_empty():
        wanted, remedy = problem.kind.wanted(problem.target.classes)
        raise InvalidInput(
            f"target.expr gives a value that is no outcome: they are {wanted}",
            where={
                "rows": other.height,
                **({"first": other[EVENT_TIME][0]} if problem.timed else {}),
            },
            remedy=remedy,
        )
