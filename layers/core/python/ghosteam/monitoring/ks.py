"""Two-sample Kolmogorov–Smirnov distance against a stored profile of the reference sample.

The profile holds quantile boundaries of the reference and, at each, the share of values below it
(left limit of the empirical distribution) and the share at or below it (right limit), so that ties
and zero-inflated columns stay exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BOUNDARIES = 256


class EcdfRecord(TypedDict):
    """An empirical distribution in JSON."""

    boundaries: list[float]
    left: list[float]
    right: list[float]
    rows: int


@dataclass(frozen=True)
class Ecdf:
    """Empirical distribution of ``rows`` values at ascending ``boundaries``, all arrays of shape
    ``(n_boundaries,)``.
    """

    boundaries: Floats
    left: Floats
    right: Floats
    rows: int

    @property
    def error_bound(self) -> float:
        """No distance computed against this profile is below the exact one by more than this (and
        none is above it).

        Between two neighbouring boundaries both distributions only rise, so what the grid misses
        there is at most the reference's mass strictly between them. With k boundaries that is below
        ``1 / (k - 1)``.
        """
        gaps = self.left[1:] - self.right[:-1]
        return float(gaps.max()) if gaps.size else 0.0

    def as_record(self) -> EcdfRecord:
        """JSON-ready form; float64 survives the round trip."""
        return {
            "boundaries": self.boundaries.tolist(),
            "left": self.left.tolist(),
            "right": self.right.tolist(),
            "rows": self.rows,
        }

    @classmethod
    def from_record(cls, record: EcdfRecord) -> Ecdf:
        """The inverse of :meth:`as_record`."""
        return cls(
            np.asarray(record["boundaries"], dtype=np.float64),
            np.asarray(record["left"], dtype=np.float64),
            np.asarray(record["right"], dtype=np.float64),
            record["rows"],
        )


def ecdf(values: Floats, *, boundaries: int = BOUNDARIES) -> Ecdf:
    """Profile of finite ``values``, shape ``(n_rows,)``, n_rows >= 1: evenly spaced order
    statistics, each once.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    at = np.linspace(0, ordered.size - 1, min(boundaries, ordered.size)).astype(np.int64)
    grid = np.unique(ordered[at])
    left, right = _limits(ordered, grid)
    return Ecdf(grid, left, right, ordered.size)


def ks_distance(reference: Ecdf, values: Floats) -> float:
    """Largest difference between the two empirical distributions at the reference's boundaries, in
    [0, 1].

    ``values``: finite, shape ``(n_rows,)``, n_rows >= 1. The exact two-sample statistic lies in
    ``[distance, distance + reference.error_bound]``.
    """
    left, right = _limits(np.sort(values), reference.boundaries)
    return float(max(np.abs(left - reference.left).max(), np.abs(right - reference.right).max()))


def ks_critical(n: int, m: int, *, alpha: float) -> float:
    """Distance that two independent samples of one distribution exceed with probability at most
    about ``alpha``.

    Source: Smirnov 1948, asymptotic form: ``sqrt(-ln(alpha / 2) / 2 * (n + m) / (n m))``.
    """
    return math.sqrt(-math.log(alpha / 2) / 2 * (n + m) / (n * m))


def _limits(ordered: Floats, grid: Floats) -> tuple[Floats, Floats]:
    below = np.searchsorted(ordered, grid, side="left")
    up_to = np.searchsorted(ordered, grid, side="right")
    return below / ordered.size, up_to / ordered.size
