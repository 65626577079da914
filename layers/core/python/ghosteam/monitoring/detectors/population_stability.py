"""The population stability index, the number that credit risk reports show, of categories or of ten
bins of like size. Its value depends on the bins.

Source: Kullback and Leibler 1951, their symmetric divergence J; Yurdakul 2018 for its chi-square
law.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors import _shares

SMALLEST = 1e-4


def divergence(p: Floats, q: Floats) -> Floats:
    """``sum((q - p) ln(q / p))``; a share of a cell that one sample alone has is taken to be at
    least ``SMALLEST``, so that an empty bin gives a large number, not an infinite one.
    """
    import numpy as np

    p, q = (np.where(p + q > 0, np.maximum(one, SMALLEST), 1.0) for one in (p, q))
    found: Floats = np.sum((q - p) * np.log(q / p), axis=-1)
    return found


MEMBER = _shares.root_of(divergence, name="population_stability", curvature=1)
