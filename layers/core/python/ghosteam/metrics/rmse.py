"""Root of the mean squared error, in the target's unit.

Source: Hyndman and Koehler 2006, section 2.1.
"""

from __future__ import annotations

import math

from ghosteam.metrics.metric import Floats, Metric, Value, Weighted
from ghosteam.undetermined import Undetermined


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    from ghosteam.metrics import _means

    mean = _means.mean_of((outputs[:, 0] - target) ** 2)

    def root(weights: Floats) -> Value:
        found = mean(weights)
        return found if isinstance(found, Undetermined) else math.sqrt(found)

    return root


MEMBER = Metric(
    "rmse",
    greater_is_better=False,
    low=0.0,
    high=math.inf,
    over=over,
    suits=("regression",),
    errors="squared",
)
