"""Area under precision by recall as a sum of steps. Undetermined when no row has the outcome 1.

Source: Zhu 2004; not interpolated, as in scikit-learn.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    from ghosteam.metrics import _ranking

    return _ranking.average_precision(target, outputs[:, 0])


MEMBER = Metric(
    "average_precision", greater_is_better=True, low=0.0, high=1.0, over=over, suits=("binary",)
)
