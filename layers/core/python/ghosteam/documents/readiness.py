"""Whether what is online covers a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class Readiness(Stored):
    """Whether the data at hand cover a run; ``reasons``: what is missing; ``gaps``: where they do,
    what is missing all the same.
    """

    kind: ClassVar[str] = "readiness"

    ready: bool
    reasons: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
