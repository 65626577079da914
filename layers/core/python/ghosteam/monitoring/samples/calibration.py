"""A sample of promises: of how many rows a probability was said, and in how many of them what was
promised came, by what was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ghosteam.documents.drift_reference import CalibrationRecord
from ghosteam.metrics.metric import Floats

BINS = 40
CERTAIN = 1e-4
"""Probabilities closer to 0 or 1 are taken to be so much where their log odds count."""
_NAMES: tuple[Literal["counts", "said", "came", "squares"], ...] = (
    "counts",
    "said",
    "came",
    "squares",
)


@dataclass(frozen=True)
class Calibration:
    """Rows in bins of the probability, which a reference cuts at ascending ``edges`` ``(k - 1,)``
    so that it has about as many in each. All ``(..., k)``: how many rows (``counts``), the sum of
    what was ``said`` of them, in how many it ``came``, and the sum of the ``squares`` of the
    difference.
    """

    edges: Floats
    counts: Floats
    said: Floats
    came: Floats
    squares: Floats

    @classmethod
    def of(cls, said: Floats, came: Floats, layout: Calibration | None = None) -> Calibration:
        """Of probabilities ``said`` ``(n,)``, n >= 1, and 0 or 1 for what ``came`` ``(n,)``; in
        the ``layout`` of a reference.
        """
        if layout is None:
            edges = np.unique(np.quantile(said, np.arange(1, BINS) / BINS))
        else:
            edges = layout.edges
        bins = np.searchsorted(edges, said, side="right")
        of_rows = (np.ones_like(said), said, came, (came - said) ** 2)
        counted = (
            np.bincount(bins, weights=one, minlength=edges.size + 1).astype(np.float64)
            for one in of_rows
        )
        return cls(edges, *counted)

    @classmethod
    def stacked(cls, samples: Sequence[Calibration]) -> Calibration:
        """Samples of one layout, one along the first axis."""
        parts = (np.array([getattr(one, name) for one in samples]) for name in _NAMES)
        return cls(samples[0].edges, *parts)

    def without(self, part: Calibration) -> Calibration:
        """The rows that are not of ``part``, whose layout is the same."""
        rest = (np.maximum(getattr(self, name) - getattr(part, name), 0.0) for name in _NAMES)
        return Calibration(self.edges, *rest)

    def with_more(self, other: Calibration) -> Calibration:
        """Both samples' rows in one; the layouts must be the same."""
        return Calibration(
            self.edges, *(getattr(self, name) + getattr(other, name) for name in _NAMES)
        )

    @property
    def rows(self) -> Floats:
        """How many, ``(...,)``."""
        found: Floats = self.counts.sum(axis=-1)
        return found

    @cached_property
    def means(self) -> Floats:
        """What was said in each bin in the mean, ``(..., k)``; a half where it has no rows."""
        found: Floats = np.where(self.counts > 0, self.said / np.maximum(self.counts, 1e-12), 0.5)
        return np.clip(found, 0.0, 1.0)

    @cached_property
    def odds(self) -> Floats:
        """Their log odds."""
        sure = np.clip(self.means, CERTAIN, 1 - CERTAIN)
        found: Floats = np.log(sure / (1 - sure))
        return found

    @cached_property
    def variances(self) -> Floats:
        """Of the number that comes in each bin, ``(..., k)``: what the probabilities say, or what
        is seen, if that is more: one that is wrong must not make chance look small.
        """
        found: Floats = np.maximum(self.counts * self.means * (1 - self.means), self.squares)
        return found

    def as_record(self) -> CalibrationRecord:
        """JSON-ready."""
        return {
            "edges": self.edges.tolist(),
            "counts": _rounded(self.counts),
            "said": _rounded(self.said),
            "came": _rounded(self.came),
            "squares": _rounded(self.squares),
        }

    @classmethod
    def from_record(cls, record: CalibrationRecord) -> Calibration:
        """The inverse of :meth:`as_record`."""
        parts = (np.array(record[name], dtype=np.float64) for name in _NAMES)
        return cls(np.array(record["edges"], dtype=np.float64), *parts)


def _rounded(values: Floats) -> list[float]:
    return [float(f"{one:.7g}") for one in values]
