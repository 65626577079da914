"""What the mature outcomes of a window of predictions were found to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.drift_verdict import DriftVerdict


@dataclass(frozen=True, kw_only=True)
class OutcomeVerdict(DriftVerdict):
    """The same of mature outcomes, and of how they keep what the model's outputs promised: each of
    them in ``features``; ``rows`` are predictions that have their outcome.
    """

    kind: ClassVar[str] = "outcome verdict"
    schema_version: ClassVar[int] = 2
