"""How what models were served for events compares with their training set, in counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["null_online", "late", "different"]
FAULTS: tuple[Fault, ...] = ("null_online", "late", "different")
"""See :mod:`ghosteam.features.parity`."""


@dataclass(frozen=True)
class FeatureParity:
    """Of ``rows`` compared, so many had a fault, by kind; the others were equal."""

    rows: int = 0
    null_online: int = 0
    late: int = 0
    different: int = 0

    @property
    def equal(self) -> int:
        """Rows in which both sides say the same."""
        return self.rows - self.null_online - self.late - self.different

    def share(self, fault: Fault) -> float:
        """Of the rows, in [0, 1]; 0 of none."""
        return getattr(self, fault) / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class Parity:
    """``served``, by feature: the prediction log against the training set, on ``served_rows``
    predictions for its events. ``stored``: the online store against the hold-out, without the
    values that data newer than the run's plan explain, ``newer`` in number. ``examples`` of faults.
    """

    served: Mapping[str, FeatureParity] = field(default_factory=dict)
    served_rows: int = 0
    stored: Mapping[str, FeatureParity] = field(default_factory=dict)
    newer: int = 0
    examples: tuple[Mapping[str, object], ...] = ()
