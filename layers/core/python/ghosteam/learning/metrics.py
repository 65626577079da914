"""Quality of scores against outcomes, in numpy.

``target`` is ``(n,)`` of 0 and 1, ``scores`` is ``(n,)`` of probabilities of 1. What is not defined
on the rows at hand is an :class:`~ghosteam.documents.undetermined.Undetermined`, never NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ghosteam.documents.undetermined import Undetermined

Value = float | Undetermined
Floats = NDArray[np.float64]
Weighted = Callable[[Floats], Value]
"""A metric over fixed rows as a function of their weights ``(n,)``: resampling then costs no
sorting.
"""

GREATER_IS_BETTER = {"roc_auc": True, "log_loss": False, "brier": False}
RANGES = {
    "roc_auc": (0.0, 1.0),
    "log_loss": (0.0, math.inf),
    "brier": (0.0, 1.0),
    "calibration_error": (0.0, 1.0),
}
"""What each metric can be. A value outside was measured on something else than outcomes of 0 and 1
and probabilities: it judges nothing.
"""
CALIBRATION_BINS = 15
_CLIP = 1e-15


def roc_auc(target: ArrayLike, scores: ArrayLike) -> Value:
    """Chance that a random positive row scores above a random negative one, ties counting half.

    Undetermined when only one class is present. Source: Hanley and McNeil 1982 (equal to the
    Mann-Whitney statistic).
    """
    return _unweighted("roc_auc", target, scores)


def log_loss(target: ArrayLike, scores: ArrayLike) -> Value:
    """Mean negative log-likelihood in nats; scores are clipped to [1e-15, 1 - 1e-15]. Undetermined
    without rows.
    """
    return _unweighted("log_loss", target, scores)


def brier(target: ArrayLike, scores: ArrayLike) -> Value:
    """Mean squared difference of score and outcome. Undetermined without rows. Source: Brier
    1950.
    """
    return _unweighted("brier", target, scores)


def calibration_error(
    target: ArrayLike, scores: ArrayLike, *, bins: int = CALIBRATION_BINS
) -> Value:
    """Expected calibration error: mean over rows of |mean outcome - mean score| of the row's bin.

    ``bins`` equal-width bins of the score, each closed on the left, the last one closed.
    Undetermined without rows. Source: Guo et al. 2017, eq. 3.
    """
    y, p = _arrays(target, scores)
    if not len(y):
        return Undetermined("there are no rows")
    where = np.minimum((p * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(where, weights=y, minlength=bins) - np.bincount(
        where, weights=p, minlength=bins
    )
    return float(np.abs(gaps).sum() / len(y))


def measure(target: ArrayLike, scores: ArrayLike) -> dict[str, Value]:
    """All metrics by name."""
    return {
        **{name: _unweighted(name, target, scores) for name in GREATER_IS_BETTER},
        "calibration_error": calibration_error(target, scores),
    }


def weighted(metric: str, target: ArrayLike, scores: ArrayLike) -> Weighted:
    """The named metric over these rows as a function of row weights (for a bootstrap: how often
    each row was drawn).
    """
    y, p = _arrays(target, scores)
    if metric == "roc_auc":
        return _weighted_auc(y, p)
    clipped = np.clip(p, _CLIP, 1 - _CLIP)
    losses = (
        (p - y) ** 2
        if metric == "brier"
        else -np.where(y == 1, np.log(clipped), np.log1p(-clipped))
    )

    def mean(weights: Floats) -> Value:
        total = weights.sum()
        return float(losses @ weights / total) if total else Undetermined("there are no rows")

    return mean


def _weighted_auc(y: Floats, p: Floats) -> Weighted:
    order = np.argsort(p, kind="stable")
    positive = y[order]
    # Rows of equal score form one group: within it, half of the pairs count.
    starts = np.flatnonzero(np.diff(p[order], prepend=-np.inf)) if len(p) else np.empty(0, np.int64)

    def auc(weights: Floats) -> Value:
        drawn = weights[order]
        if not len(drawn):
            return Undetermined("there are no rows")
        positives = np.add.reduceat(drawn * positive, starts)
        negatives = np.add.reduceat(drawn * (1 - positive), starts)
        pairs = positives.sum() * negatives.sum()
        if not pairs:
            return Undetermined("only one class is present")
        below = np.cumsum(negatives) - negatives
        return float((positives * (below + negatives / 2)).sum() / pairs)

    return auc


def _unweighted(metric: str, target: ArrayLike, scores: ArrayLike) -> Value:
    return weighted(metric, target, scores)(np.ones(len(np.asarray(target))))


def _arrays(target: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(target, np.float64), np.asarray(scores, np.float64)
