"""Median absolute error, in the target's unit: half of the rows are closer.

Source: Hyndman and Koehler 2006, section 2.1.
"""

from __future__ import annotations

import math

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    import numpy as np

    from ghosteam.metrics import _means

    return _means.median_of(np.abs(outputs[:, 0] - target))


MEMBER = Metric(
    "median_absolute_error",
    greater_is_better=False,
    low=0.0,
    high=math.inf,
    over=over,
    suits=("regression",),
    errors="absolute",
)
