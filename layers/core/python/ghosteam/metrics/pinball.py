"""Mean loss of both ends of the interval as quantiles, in the target's unit.

Source: Koenker and Bassett 1978.
"""

from __future__ import annotations

import math

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    import numpy as np

    from ghosteam.metrics import _means
    from ghosteam.metrics.coverage_error import COVERAGE

    losses = np.zeros(len(target))
    for column, level in ((1, (1 - COVERAGE) / 2), (2, (1 + COVERAGE) / 2)):
        missed_by = target - outputs[:, column]
        losses += np.maximum(level * missed_by, (level - 1) * missed_by) / 2
    return _means.mean_of(losses)


MEMBER = Metric(
    "pinball",
    greater_is_better=False,
    low=0.0,
    high=math.inf,
    over=over,
    suits=("regression",),
    errors="absolute",
)
