"""What the model registry is to be told of a rollout, until it has taken it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ghosteam.documents.stored import Moment, Stored

RolloutResult = Literal["promoted", "rolled back"]


@dataclass(frozen=True)
class RegistryNote(Stored):
    """The ``outcome`` of the rollout of ``version``."""

    kind: ClassVar[str] = "registry note"

    version: str
    outcome: RolloutResult
    at: Moment
