"""The two-sample chi-square statistic, of categories or of bins of numbers: of what both samples
have together, how unevenly it is dealt out. Its effect is Cohen's w.

Source: Pearson 1911; Cohen 1988, chapter 7.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors import _shares


def divergence(p: Floats, q: Floats) -> Floats:
    """``sum((p - q) ** 2 / (p + q)) * 2``: the chi-square divergence of each from their mean."""
    import numpy as np

    both = np.where(p + q > 0, p + q, 1.0)
    found: Floats = 2 * np.sum((p - q) ** 2 / both, axis=-1)
    return found


MEMBER = _shares.root_of(divergence, name="chi_square", curvature=1)
