"""Events on the ``ghosteam`` bus: a type, the problem and ids, no payload data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

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


@dataclass(frozen=True)
class Event:
    """One event; ``ids`` are JSON scalars that say what it is about."""

    type: EventType
    problem: str
    ids: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)

    def detail(self) -> dict[str, Any]:
        """The ``detail`` document on the bus."""
        return {"version": VERSION, "problem": self.problem, **self.ids}
