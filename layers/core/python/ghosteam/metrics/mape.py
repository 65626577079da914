"""Mean absolute error as a share of the outcome. Undetermined when an outcome is 0.

Source: Hyndman and Koehler 2006, who say when not to use it.
"""

from __future__ import annotations

import math

from ghosteam.metrics.metric import Floats, Metric, Value, Weighted
from ghosteam.undetermined import Undetermined


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    import numpy as np

    from ghosteam.metrics import _means

    zero = target == 0
    errors = np.abs(outputs[:, 0] - target)
    mean = _means.mean_of(np.divide(errors, np.abs(target), out=np.zeros_like(errors), where=~zero))

    def share(weights: Floats) -> Value:
        if weights[zero].any():
            return Undetermined("an outcome is 0, of which no error is a share")
        return mean(weights)

    return share


MEMBER = Metric(
    "mape",
    greater_is_better=False,
    low=0.0,
    high=math.inf,
    over=over,
    suits=("regression",),
    errors="absolute",
)
