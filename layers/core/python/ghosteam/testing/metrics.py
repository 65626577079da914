"""What every metric must do, whatever it measures."""

from __future__ import annotations

import math

import numpy as np

from ghosteam.metrics.metric import Floats, Metric, Weighted
from ghosteam.undetermined import Undetermined


def check_metric(
    metric: Metric, target: Floats, outputs: Floats, weights: Floats, *, threshold: float
) -> None:
    """``target`` ``(n,)`` and ``outputs`` ``(n, k)`` of a task that the metric suits; ``weights``
    ``(n,)`` are whole numbers.

    A value lies within the metric's range and is never NaN; a row of weight 2 counts as two rows,
    one of weight 0 as none; the rows' order does not matter; without rows nothing is determined.
    """
    bound = metric.over(target, outputs, threshold)
    value = bound(weights)
    if not isinstance(value, Undetermined):
        assert not math.isnan(value), f"{metric.name} is NaN"
        assert metric.low - 1e-9 <= value <= metric.high + 1e-9, f"{metric.name} is {value}"
    assert isinstance(bound(np.zeros(len(target))), Undetermined), f"{metric.name} of no rows"

    repeated = np.repeat(np.arange(len(target)), weights.astype(np.int64))
    _equal(
        metric, value, metric.over(target[repeated], outputs[repeated], threshold), len(repeated)
    )
    backwards = np.arange(len(target))[::-1]
    turned = metric.over(target[backwards], outputs[backwards], threshold)(weights[backwards])
    assert _close(value, turned), f"{metric.name} depends on the order: {value}, {turned}"


def _equal(metric: Metric, value: object, bound: Weighted, rows: int) -> None:
    found = bound(np.ones(rows))
    assert _close(value, found), f"{metric.name}: by weight {value}, repeated {found}"


def _close(one: object, other: object) -> bool:
    if isinstance(one, Undetermined) or isinstance(other, Undetermined):
        return isinstance(one, Undetermined) and isinstance(other, Undetermined)
    assert isinstance(one, float) and isinstance(other, float)
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
