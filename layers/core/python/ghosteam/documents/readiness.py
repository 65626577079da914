"""What is online, and whether that covers a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class Materialized(Stored):
    """That a batch's features can be read online."""

    kind: ClassVar[str] = "materialised batch"

    batch_id: str


@dataclass(frozen=True)
class Readiness(Stored):
    """Whether the data at hand cover a run; ``reasons``: what is missing."""

    kind: ClassVar[str] = "readiness"

    ready: bool
    reasons: tuple[str, ...] = ()
