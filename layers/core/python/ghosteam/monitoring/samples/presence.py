"""A sample of rows with a value or without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ghosteam.documents.drift_reference import PresenceRecord
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.samples.scalar import scalar


@dataclass(frozen=True)
class Presence:
    """``missing`` of ``rows`` have no value; both of shape ``(...,)``."""

    rows: Floats
    missing: Floats

    @classmethod
    def stacked(cls, samples: Sequence[Presence]) -> Presence:
        """Samples, one along the first axis."""
        return cls(
            np.array([one.rows for one in samples]), np.array([one.missing for one in samples])
        )

    def without(self, part: Presence) -> Presence:
        """The rows that are not of ``part``."""
        return Presence(self.rows - part.rows, self.missing - part.missing)

    def with_more(self, other: Presence) -> Presence:
        """Both samples' rows in one."""
        return Presence(self.rows + other.rows, self.missing + other.missing)

    def as_record(self) -> PresenceRecord:
        """JSON-ready."""
        return {"rows": round(float(self.rows)), "missing": round(float(self.missing))}

    @classmethod
    def from_record(cls, record: PresenceRecord) -> Presence:
        """The inverse of :meth:`as_record`."""
        return cls(scalar(record["rows"]), scalar(record["missing"]))
