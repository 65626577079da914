"""A single number where several may stand, of shape ``()``."""

from __future__ import annotations

import numpy as np

from ghosteam.metrics.metric import Floats


def scalar(value: float) -> Floats:
    """``value`` as an array without an axis."""
    return np.asarray(value, dtype=np.float64)
