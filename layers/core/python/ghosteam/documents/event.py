"""Events on the ``ghosteam`` bus: a type, the problem and ids, no payload data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NotRequired, TypedDict, get_args

SOURCE = "ghosteam"
VERSION = 1

EventType = Literal[
    "DefinitionChanged",
    "RebuildDue",
    "ProblemWithdrawn",
    "ReadAgain",
    "LargeFileLanded",
    "BatchIngested",
    "LargeBatchIngested",
    "BatchValidated",
    "BatchWithdrawn",
    "BatchRejected",
    "ExpectationsDue",
    "ExpectationsNotMet",
    "FeaturesMaterialized",
    "DriftDetected",
    "PerformanceDegraded",
    "ValueDropped",
    "RegretReached",
    "RetrainingRequested",
    "RetrainingDeclined",
    "RetrainingDue",
    "RetrainingScheduled",
    "OutcomesArrived",
    "RetrainingStarted",
    "RetrainingFinished",
    "ModelRegistered",
    "RolloutStarted",
    "ModelPromoted",
    "RolloutRolledBack",
    "ChampionRolledBack",
    "Reconciled",
]
EVENT_TYPES: tuple[str, ...] = get_args(EventType)


Scalar = str | int | float | bool | None
"""A JSON value that holds no other."""


BusEvent = TypedDict(
    "BusEvent",
    {
        "id": NotRequired[str],
        "source": NotRequired[str],
        "time": NotRequired[str],
        "detail-type": str,
        "detail": Mapping[str, Scalar],
    },
)
"""An event as EventBridge tells it. Source: EventBridge user guide, "Event structure reference"."""


class ExecutionChange(TypedDict):
    """The detail of a "Step Functions Execution Status Change". Source: Step Functions developer
    guide, "Execution status change events".
    """

    executionArn: str
    status: str
    input: NotRequired[str | None]
    output: NotRequired[str | None]
    error: NotRequired[str | None]
    cause: NotRequired[str | None]


class ExecutionChanged(TypedDict):
    """The event that carries it."""

    detail: ExecutionChange


@dataclass(frozen=True)
class Event:
    """One event; ``ids`` are JSON scalars that say what it is about."""

    type: EventType
    problem: str
    ids: Mapping[str, Scalar] = field(default_factory=dict)

    def detail(self) -> dict[str, Scalar]:
        """The ``detail`` document on the bus."""
        return {"version": VERSION, "problem": self.problem, **self.ids}
