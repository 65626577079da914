"""What became of each family's training job of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class TrainedFamilies(Stored):
    """Which families were ``trained``, and why each other was ``lost``."""

    kind: ClassVar[str] = "trained families"

    trained: tuple[str, ...]
    lost: Mapping[str, str]
