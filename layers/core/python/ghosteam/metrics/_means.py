"""Metrics that are a mean over rows, or follow from one."""

from __future__ import annotations

import numpy as np

from ghosteam.metrics.metric import NO_ROWS, Floats, Value, Weighted

CLIP = 1e-15


def mean_of(values: Floats) -> Weighted:
    """The weighted mean of ``values`` ``(n,)``."""

    def mean(weights: Floats) -> Value:
        total = weights.sum()
        return float(values @ weights / total) if total else NO_ROWS

    return mean


def median_of(values: Floats) -> Weighted:
    """The weighted median of ``values`` ``(n,)``: the mean of both middle ones where no row is in
    the middle, as in ``numpy.median`` for whole weights.
    """
    order = np.argsort(values, kind="stable")
    ascending = values[order]

    def median(weights: Floats) -> Value:
        counts = np.cumsum(weights[order])
        if not len(counts) or not counts[-1]:
            return NO_ROWS
        half = counts[-1] / 2
        below = np.searchsorted(counts, half, side="left")
        above = np.searchsorted(counts, half, side="right")
        above = min(int(above), len(ascending) - 1)
        return float((ascending[below] + ascending[above]) / 2)

    return median


def probabilities(outputs: Floats) -> Floats:
    """A probability for each class, ``(n, n_classes)``; of one output it is that of 1."""
    return np.column_stack([1 - outputs[:, 0], outputs[:, 0]]) if outputs.shape[1] == 1 else outputs


def of_outcome(target: Floats, outputs: Floats) -> Floats:
    """The probability that each row's outcome had, ``(n,)``."""
    if outputs.shape[1] == 1:  # log1p of the output itself keeps what 1 - p would round away
        return np.where(target == 1, outputs[:, 0], 1 - outputs[:, 0])
    return outputs[np.arange(len(target)), target.astype(np.int64)]
