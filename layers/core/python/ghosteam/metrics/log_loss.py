"""Mean negative log-likelihood in nats; probabilities are clipped to [1e-15, 1 - 1e-15].

Source: Good 1952.
"""

from __future__ import annotations

import math

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    import numpy as np

    from ghosteam.metrics import _means

    likelihood = np.clip(_means.of_outcome(target, outputs), _means.CLIP, 1 - _means.CLIP)
    return _means.mean_of(-np.log(likelihood))


MEMBER = Metric(
    "log_loss",
    greater_is_better=False,
    low=0.0,
    high=math.inf,
    over=over,
    suits=("binary", "multiclass"),
)
