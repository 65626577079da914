"""Mean over the classes that have rows of each one's area under the curve against all others.

Undetermined when only one class is present. Source: Fawcett 2006, with equal weights.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats, Metric, Value, Weighted
from ghosteam.undetermined import Undetermined


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    import numpy as np

    from ghosteam.metrics import _ranking

    curves = [
        _ranking.roc_auc((target == position).astype(np.float64), outputs[:, position])
        for position in range(outputs.shape[1])
    ]

    def mean(weights: Floats) -> Value:
        found = [value for curve in curves if not isinstance(value := curve(weights), Undetermined)]
        return float(np.mean(found)) if found else _ranking.ONE_CLASS

    return mean


MEMBER = Metric(
    "roc_auc_macro", greater_is_better=True, low=0.0, high=1.0, over=over, suits=("multiclass",)
)
