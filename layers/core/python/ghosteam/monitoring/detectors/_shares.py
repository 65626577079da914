"""Detectors that compare the shares of cells, of categories or of bins of numbers: each is a
divergence of two distributions, and its statistic the divergence's root.

A divergence gets shares ``p`` and ``q``, distributions along the last axis, 0 in both where a cell
is not to count, and gives numbers of at least 0, one for each pair.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

FEWEST_EXPECTED = 5
"""Cells of which fewer rows are expected are counted as one. Source: Cochran 1954."""

Divergence = Callable[[Floats, Floats], Floats]


def root_of(divergence: Divergence, *, name: str, curvature: float) -> Detector:
    """The detector whose statistic is the root of ``divergence``, of which ``curvature n m / (n +
    m)`` times is chi-square distributed under chance alone. Source: Pardo 2006, section 3.2.

    ``curvature * divergence`` of close distributions is then the chi-square divergence, whose root
    is Cohen's w and, of a shifted normal number, about the shift in standard deviations.
    """
    return Detector(
        name=name, kind="shares", measure=partial(_measure, divergence, curvature=curvature)
    )


def pooled(expected: Floats, actual: Floats) -> tuple[Floats, Floats]:
    """Counts ``(..., n_cells + 1)``: those of cells of which either sample expects fewer rows than
    ``FEWEST_EXPECTED`` stand in the last one.
    """
    import numpy as np

    expected, actual = np.broadcast_arrays(np.asarray(expected), np.asarray(actual))
    both = expected + actual
    rows = np.minimum(expected.sum(axis=-1), actual.sum(axis=-1))[..., None]
    kept = both / both.sum(axis=-1)[..., None] * rows >= FEWEST_EXPECTED
    found = (
        np.concatenate(
            [np.where(kept, one, 0.0), np.where(kept, 0.0, one).sum(axis=-1)[..., None]], axis=-1
        )
        for one in (expected, actual)
    )
    first, second = found
    return first, second


def _measure(
    divergence: Divergence, expected: Floats, actual: Floats, *, curvature: float
) -> Measured | Undetermined:
    import numpy as np

    from ghosteam.monitoring.laws import ChiSquare, pairs_of

    p, q = pooled(expected, actual)
    degrees = ((p + q) > 0).sum(axis=-1) - 1
    if not degrees.any():
        return Undetermined("all rows are of one category, or of too few rows each")
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    found = np.maximum(divergence(p / n[..., None], q / m[..., None]), 0.0)
    law = ChiSquare(curvature * pairs_of(n, m), np.maximum(degrees, 1))
    return Measured(np.sqrt(found), np.sqrt(curvature * found), law)
