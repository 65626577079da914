"""Population stability index, the number that credit risk reports show; kept beside the verdict,
which it does not decide.

Its value depends on the bins: here one bin a category, or ten bins of equal reference mass for
numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ghosteam.monitoring.ks import Ecdf, Floats

BINS = 10
SMOOTHING = 0.5


def psi(
    expected: NDArray[np.float64], actual: NDArray[np.float64], *, smoothing: float = SMOOTHING
) -> float:
    """``sum((q - p) ln(q / p))`` over bins, at least 0.

    ``expected`` and ``actual``: counts, shape ``(n_bins,)``. ``smoothing`` is added to each count,
    so that an empty bin gives a large number, not an infinite one (0.5 is Jeffreys' prior).
    """
    p = (expected + smoothing) / (expected.sum() + smoothing * expected.size)
    q = (actual + smoothing) / (actual.sum() + smoothing * actual.size)
    return float(np.sum((q - p) * np.log(q / p)))


def quantile_bins(reference: Ecdf, values: Floats, *, bins: int = BINS) -> tuple[Floats, Floats]:
    """Counts of the reference and of ``values`` (finite, shape ``(n_rows,)``) in at most ``bins``
    right-closed bins cut at the reference's quantiles, both of shape ``(n_bins,)``.
    """
    at = np.searchsorted(reference.right, np.arange(1, bins) / bins)
    cuts = np.unique(at[at < reference.boundaries.size - 1])
    shares = np.diff(np.concatenate(([0.0], reference.right[cuts], [1.0])))
    actual = np.bincount(
        np.searchsorted(reference.boundaries[cuts], values, side="left"), minlength=shares.size
    )
    return shares * reference.rows, actual.astype(np.float64)
