"""Mean squared difference of probability and outcome: of the outcome 1, or summed over the classes.

In [0, 1] for one output, in [0, 2] for several. Source: Brier 1950.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    import numpy as np

    from ghosteam.metrics import _means

    if outputs.shape[1] == 1:
        return _means.mean_of((outputs[:, 0] - target) ** 2)
    came = np.eye(outputs.shape[1])[target.astype(np.int64)]
    return _means.mean_of(((outputs - came) ** 2).sum(axis=1))


MEMBER = Metric(
    "brier", greater_is_better=False, low=0.0, high=2.0, over=over, suits=("binary", "multiclass")
)
