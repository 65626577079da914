"""Metrics of an order: does a higher score mean a likelier outcome."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ghosteam.metrics.metric import NO_ROWS, Floats, Value, Weighted
from ghosteam.undetermined import Undetermined

Ints = NDArray[np.int64]
ONE_CLASS = Undetermined("only one class is present")


def roc_auc(positive: Floats, scores: Floats) -> Weighted:
    """Chance that a row of the class scores above one of the others, ties counting half.

    ``positive`` ``(n,)`` of 0 and 1; undetermined when only one of them is present.
    """
    order, starts = _ties(scores, descending=False)
    ordered = positive[order]

    def auc(weights: Floats) -> Value:
        drawn = weights[order]
        if not len(drawn):
            return NO_ROWS
        positives = np.add.reduceat(drawn * ordered, starts)
        negatives = np.add.reduceat(drawn * (1 - ordered), starts)
        pairs = positives.sum() * negatives.sum()
        if not pairs:
            return ONE_CLASS
        below = np.cumsum(negatives) - negatives
        return float((positives * (below + negatives / 2)).sum() / pairs)

    return auc


def average_precision(positive: Floats, scores: Floats) -> Weighted:
    """Mean over the class's rows of the precision at each one's score, ties at one score together.

    Undetermined when no row is of the class.
    """
    order, starts = _ties(scores, descending=True)
    ordered = positive[order]

    def precision(weights: Floats) -> Value:
        drawn = weights[order]
        if not len(drawn):
            return NO_ROWS
        hits = np.add.reduceat(drawn * ordered, starts)
        if not hits.sum():
            return Undetermined("no row has the outcome 1")
        asked = np.cumsum(np.add.reduceat(drawn, starts))
        found = np.divide(np.cumsum(hits), asked, out=np.zeros(len(asked)), where=asked > 0)
        return float(hits @ found / hits.sum())

    return precision


def _ties(scores: Floats, *, descending: bool) -> tuple[Ints, Ints]:
    """An order by score and where each group of equal scores begins in it."""
    order: Ints = np.argsort(-scores if descending else scores, kind="stable")
    steps = np.diff(scores[order], prepend=np.inf if descending else -np.inf)
    starts: Ints = np.flatnonzero(steps).astype(np.int64)
    return order, starts
