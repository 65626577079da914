"""Share of rows that are decided right.

Source: Sokolova and Lapalme 2009, table 2.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    from ghosteam.metrics import _confusion, _means

    return _means.mean_of((_confusion.decided(outputs, threshold) == target).astype(float))


MEMBER = Metric(
    "accuracy", greater_is_better=True, low=0.0, high=1.0, over=over, suits=("binary", "multiclass")
)
