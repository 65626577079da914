"""Hellinger distance, of categories or bins: bounded, symmetric, a metric, and defined for
categories never seen. A rare category weighs more in it than in the Jensen–Shannon distance.

Source: Hellinger 1909; in this form, with 1 as the largest distance, Le Cam and Yang 2000.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors import _shares


def divergence(p: Floats, q: Floats) -> Floats:
    """Half the sum of ``(sqrt(p) - sqrt(q)) ** 2``, which is 1 less the Bhattacharyya
    coefficient.
    """
    import numpy as np

    found: Floats = np.sum((np.sqrt(p) - np.sqrt(q)) ** 2, axis=-1) / 2
    # Rounding may leave disjoint distributions at 1 + 1e-16.
    return np.clip(found, 0.0, 1.0)


MEMBER = _shares.root_of(divergence, name="hellinger", curvature=8)
