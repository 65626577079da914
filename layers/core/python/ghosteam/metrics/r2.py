"""Share of the outcomes' variance that is explained; 0 is what their mean explains.

Undetermined when all outcomes are equal. Source: Draper and Smith 1998, ch. 1.
"""

from __future__ import annotations

import math

from ghosteam.metrics.metric import NO_ROWS, Floats, Metric, Value, Weighted
from ghosteam.undetermined import Undetermined


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    errors = (outputs[:, 0] - target) ** 2

    def explained(weights: Floats) -> Value:
        total = weights.sum()
        if not total:
            return NO_ROWS
        counted = target[weights > 0]
        if (counted == counted[0]).all():  # a variance of equal floats need not be 0
            return Undetermined("all outcomes are equal")
        variance = weights @ (target - weights @ target / total) ** 2
        return float(1 - weights @ errors / variance)

    return explained


MEMBER = Metric(
    "r2",
    greater_is_better=True,
    low=-math.inf,
    high=1.0,
    over=over,
    suits=("regression",),
    errors="squared",
)
