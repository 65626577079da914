"""Chance that a random row with the outcome 1 scores above a random one with 0, ties counting half.

Undetermined when only one class is present. Source: Hanley and McNeil 1982 (equal to the
Mann-Whitney statistic).
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats, Metric, Weighted


def over(target: Floats, outputs: Floats, threshold: float) -> Weighted:
    """See the module."""
    from ghosteam.metrics import _ranking

    return _ranking.roc_auc(target, outputs[:, 0])


MEMBER = Metric("roc_auc", greater_is_better=True, low=0.0, high=1.0, over=over, suits=("binary",))
