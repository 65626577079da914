"""How far the share of outcomes inside their interval is from the share that is stated.

Source: the coverage of split conformal prediction, Lei et al. 2018.
"""

from __future__ import annotations

from ghosteam.metrics.metric import NO_ROWS, Floats, Metric, Value, Weighted

COVERAGE = 0.9
"""The share of outcomes that an interval of a regression is to hold."""


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    import numpy as np

    inside = ((outputs[:, 1] <= target) & (target <= outputs[:, 2])).astype(np.float64)

    def error(weights: Floats) -> Value:
        total = weights.sum()
        return float(abs(inside @ weights / total - COVERAGE)) if total else NO_ROWS

    return error


MEMBER = Metric("coverage_error", greater_is_better=False, low=0.0, high=1.0, over=over)
