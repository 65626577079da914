"""What a run's training set and its hold-out hold, in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ghosteam.documents.parity import Parity
from ghosteam.documents.stored import Stored


@dataclass(frozen=True, kw_only=True)
class TrainingSetSummary(Stored):
    """``rows`` and ``outcomes`` of ``train`` and ``holdout``, and the ``fingerprint`` of both: the
    SHA-256 of their content. ``parity``: how they compare with what was served. ``feast``: where
    Feast's ``registry`` lies.
    """

    kind: ClassVar[str] = "training set summary"

    rows: Mapping[str, int]
    outcomes: Mapping[str, Mapping[str, float]]
    fingerprint: str
    parity: Parity = field(default_factory=Parity)
    feast: Mapping[str, str] = field(default_factory=dict)
