"""Mean recall over the classes that have rows.

Source: Brodersen et al. 2010.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    from ghosteam.metrics import _confusion

    return _confusion.confusion(
        target, outputs, threshold, lambda matrix: _confusion.recall_of(matrix, "macro")
    )


MEMBER = Metric(
    "balanced_accuracy",
    greater_is_better=True,
    low=0.0,
    high=1.0,
    over=over,
    suits=("binary", "multiclass"),
)
