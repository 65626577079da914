"""Harmonic mean of precision and recall: of the outcome 1. Undetermined when no row has it.

Source: Manning, Raghavan and Schütze 2008, ch. 8 and 13.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    from ghosteam.metrics import _confusion

    return _confusion.confusion(
        target, outputs, threshold, lambda matrix: _confusion.f1_of(matrix, "positive")
    )


MEMBER = Metric("f1", greater_is_better=True, low=0.0, high=1.0, over=over, suits=("binary",))
