"""Square root of the Jensen–Shannon divergence with logarithms to base 2, of categories or
bins: bounded, symmetric, a metric, and defined for categories never seen.

Source: Endres and Schindelin 2003.
"""

from __future__ import annotations

import math

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors import _shares


def divergence(p: Floats, q: Floats) -> Floats:
    """Entropy of the mixture less the mean entropy. Source: Lin 1991, eq. 4.1."""
    import numpy as np

    found = _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2
    # Rounding may leave equal distributions at -1e-17, and disjoint ones at 1 + 1e-16.
    return np.clip(found, 0.0, 1.0)


def _entropy(p: Floats) -> Floats:
    import numpy as np

    logarithms = np.log2(p, where=p > 0, out=np.zeros_like(p))
    return np.asarray(-np.sum(p * logarithms, axis=-1))


MEMBER = _shares.root_of(divergence, name="jensen_shannon", curvature=8 * math.log(2))
