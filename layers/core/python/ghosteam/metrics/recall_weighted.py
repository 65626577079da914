"""Right decisions for a class of all its rows: a mean over the classes weighted by their rows.

Source: Manning, Raghavan and Schütze 2008, ch. 8 and 13.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    from ghosteam.metrics import _confusion

    return _confusion.confusion(
        target, outputs, threshold, lambda matrix: _confusion.recall_of(matrix, "weighted")
    )


MEMBER = Metric(
    "recall_weighted", greater_is_better=True, low=0.0, high=1.0, over=over, suits=("multiclass",)
)
