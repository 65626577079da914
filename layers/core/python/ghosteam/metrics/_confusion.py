"""Metrics of decisions: what was decided against what came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from ghosteam.metrics.metric import NO_ROWS, Floats, Value, Weighted
from ghosteam.undetermined import Undetermined

Average = Literal["positive", "macro", "weighted"]


def decided(outputs: Floats, threshold: float) -> Floats:
    """The position of the decided class, ``(n,)``: 1 from ``threshold`` on, or the likeliest, the
    first of several.
    """
    if outputs.shape[1] == 1:
        chosen: Floats = (outputs[:, 0] >= threshold).astype(np.float64)
    else:
        chosen = outputs.argmax(axis=1).astype(np.float64)
    return chosen


def confusion(
    target: Floats, outputs: Floats, threshold: float, then: Callable[[Floats], Value]
) -> Weighted:
    """A metric of the confusion matrix ``(n_classes, n_classes)``: outcome by decision."""
    classes = max(2, outputs.shape[1])
    cells = (target * classes + decided(outputs, threshold)).astype(np.int64)

    def of_weights(weights: Floats) -> Value:
        if not weights.sum():
            return NO_ROWS
        counted = np.bincount(cells, weights=weights, minlength=classes * classes).astype(
            np.float64
        )
        return then(counted.reshape(classes, classes))

    return of_weights


def precision_of(matrix: Floats, average: Average) -> Value:
    """Right decisions for a class of all decisions for it; a class that is never decided is 0."""
    return _averaged(matrix, average, np.diag(matrix), matrix.sum(axis=0))


def recall_of(matrix: Floats, average: Average) -> Value:
    """Right decisions for a class of all its rows."""
    return _averaged(matrix, average, np.diag(matrix), matrix.sum(axis=1))


def f1_of(matrix: Floats, average: Average) -> Value:
    """The harmonic mean of precision and recall."""
    return _averaged(matrix, average, 2 * np.diag(matrix), matrix.sum(axis=0) + matrix.sum(axis=1))


def _averaged(matrix: Floats, average: Average, part: Floats, whole: Floats) -> Value:
    """``part / whole`` by class: of the class 1, or over the classes that have rows. Undetermined
    when class 1 has none.
    """
    rows = matrix.sum(axis=1)
    shares = np.divide(part, whole, out=np.zeros(len(rows)), where=whole > 0)
    if average == "positive":
        return float(shares[1]) if rows[1] else Undetermined("no row has the outcome 1")
    present = rows > 0
    weights = rows[present] if average == "weighted" else np.ones(int(present.sum()))
    return float(shares[present] @ weights / weights.sum())
