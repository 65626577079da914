"""Events on the ``ghosteam`` bus: a type, the problem and ids, no payload data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

SOURCE = "ghosteam"
VERSION = 1

EventType = Literal[
    "DefinitionChanged",
    "ProblemWithdrawn",
    "ReadAgain",
    "LargeFileLanded",
    "BatchIngested",
    "LargeBatchIngested",
    "BatchValidated",
    "BatchWithdrawn",
    "BatchRejected",
    "FeaturesMaterialized",
    "DriftDetected",
    "PerformanceDegraded",
    "RetrainingRequested",
    "RetrainingDeclined",
    "RetrainingDue",
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


@dataclass(frozen=True)
class Event:
    """One event; ``ids`` are JSON scalars that say what it is about."""

    type: EventType
    problem: str
    ids: Mapping[str, Scalar] = field(default_factory=dict)

    def detail(self) -> dict[str, Scalar]:
        """The ``detail`` document on the bus."""
        return {"version": VERSION, "problem": self.problem, **self.ids}
