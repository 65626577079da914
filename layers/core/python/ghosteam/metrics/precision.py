"""Right decisions for a class of all decisions for it: of the outcome 1.

Undetermined when no row has it; a class that is never decided counts 0. Source: Manning, Raghavan
and Schütze 2008, ch. 8.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    from ghosteam.metrics import _confusion

    return _confusion.confusion(
        target, outputs, threshold, lambda matrix: _confusion.precision_of(matrix, "positive")
    )


MEMBER = Metric(
    "precision", greater_is_better=True, low=0.0, high=1.0, over=over, suits=("binary",)
)
