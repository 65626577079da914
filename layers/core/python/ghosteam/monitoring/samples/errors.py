"""Samples of the sizes of errors: what is usual, and those of a window in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ghosteam.documents.drift_reference import ErrorsRecord
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.samples.scalar import scalar

MOST = 10
"""In standard deviations: a single error counts as no more."""


@dataclass(frozen=True)
class UsualErrors:
    """``mean`` and ``deviation`` of so many ``rows``, each at most ``most``, of shape ``()``."""

    rows: Floats
    mean: Floats
    deviation: Floats
    most: Floats

    @classmethod
    def of(cls, sizes: Floats) -> UsualErrors:
        """Of ``(n,)``, n >= 1."""
        most = scalar(sizes.mean() + MOST * sizes.std())
        counted = np.minimum(sizes, most)
        return cls(scalar(sizes.size), scalar(counted.mean()), scalar(counted.std()), most)

    def as_record(self) -> ErrorsRecord:
        """JSON-ready."""
        return {
            "rows": int(self.rows),
            "mean": float(f"{self.mean:.9g}"),
            "deviation": float(f"{self.deviation:.9g}"),
            "most": float(f"{self.most:.9g}"),
        }

    @classmethod
    def from_record(cls, record: ErrorsRecord) -> UsualErrors:
        """The inverse of :meth:`as_record`."""
        names = ("rows", "mean", "deviation", "most")
        return cls(*(scalar(record[name]) for name in names))  # type: ignore[literal-required]


@dataclass(frozen=True)
class OrderedErrors:
    """``sizes`` ``(..., n)`` in the order of time, n >= 1, which come to ``worth`` independent
    rows; ``summed`` up to the first of them, in standard deviations of a window's mean.
    """

    sizes: Floats
    worth: float
    summed: float = 0.0

    @classmethod
    def of(cls, times: Floats, sizes: Floats, usual: UsualErrors) -> OrderedErrors:
        """Of errors ``(n,)`` at ``times`` ``(n,)``, in any order."""
        ordered = sizes[np.argsort(times, kind="stable")]
        return cls(np.minimum(ordered, usual.most), float(sizes.size))

    @classmethod
    def stacked(cls, samples: Sequence[OrderedErrors]) -> OrderedErrors:
        """Samples of as many rows, one along the first axis."""
        return replace(samples[0], sizes=np.array([one.sizes for one in samples]))

    @property
    def rows(self) -> float:
        """How many."""
        return float(self.sizes.shape[-1])
