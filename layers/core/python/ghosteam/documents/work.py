"""Work that is kept apart by problem: which steps do it, what their queues are called, and in whose
group a message waits.

What happened reaches the queue of arrivals, since a rule of EventBridge knows no group but a
constant; from there each message goes to its step's queue, in its problem's group.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ghosteam.errors import Defect
from ghosteam.problem.names import is_name

Work = Literal[
    "ingest_file",
    "validate_batch",
    "materialize_features",
    "check_drift",
    "check_performance",
]
WORK: tuple[Work, ...] = get_args(Work)
ONE_AT_A_TIME: frozenset[Work] = frozenset({"materialize_features", "check_performance"})
"""Steps that do one thing of a problem at a time: their queues are FIFO queues."""
OF_NO_PROBLEM = "(none)"
"""Group of what names no problem. No problem is called so."""


def queue_name(prefix: str, work: Work) -> str:
    """Name of the queue of ``work`` in the deployment whose names begin with ``prefix``."""
    end = ".fifo" if work in ONE_AT_A_TIME else ""
    return f"{prefix}-{work.replace('_', '-')}{end}"


def arrivals_name(prefix: str) -> str:
    """Name of the queue of arrivals of that deployment."""
    return f"{prefix}-arrivals"


@dataclass(frozen=True)
class Arrival:
    """What happened: ``event`` (EventBridge's document) is for the step ``work``; None: its turn
    has come, and each problem is to be looked at.
    """

    work: Work
    event: Mapping[str, object] | None

    def to_json(self) -> dict[str, object]:
        return {"work": self.work, **({} if self.event is None else {"event": dict(self.event)})}

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Arrival:
        """Raises Defect for a document that names no work."""
        work = next((one for one in WORK if one == document.get("work")), None)
        if work is None:
            raise Defect(
                f"{document.get('work')!r} is no work",
                where={"known": ", ".join(WORK)},
                remedy="Deploy the stack again whose rule sent this",
            )
        event = document.get("event")
        return cls(work, event if isinstance(event, Mapping) else None)


def messages_of(
    arrival: Arrival, problems: Collection[str]
) -> list[tuple[str, Mapping[str, object]]]:
    """(group, document) of each message that the step gets."""
    if arrival.event is None:
        return [(problem, {"problem": problem}) for problem in problems]
    return [(_group_of(arrival.event), arrival.event)]


def _group_of(event: Mapping[str, object]) -> str:
    """The problem that an event of ours names, or that a landed object's key begins with."""
    detail = event.get("detail")
    told = detail if isinstance(detail, Mapping) else {}
    landed = told.get("object")
    key = landed.get("key", "") if isinstance(landed, Mapping) else ""
    named = str(told.get("problem") or str(key).split("/", 1)[0])
    return named if is_name(named) else OF_NO_PROBLEM
