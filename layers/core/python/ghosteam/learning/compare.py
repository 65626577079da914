"""Is a challenger better than the champion? A paired bootstrap of the difference on the same
rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ghosteam.documents.undetermined import Undetermined
from ghosteam.learning.metrics import GREATER_IS_BETTER, weighted

MIN_ROWS = 100
RESAMPLES = 1000
_MAX_LOST = 0.01


@dataclass(frozen=True)
class Comparison:
    """``difference`` > 0 means that the challenger is better; ``lower`` is its one-sided bound at
    ``confidence``.
    """

    metric: str
    difference: float
    lower: float
    confidence: float
    rows: int


def compare(
    target: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    *,
    metric: str,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison | Undetermined:
    """Difference of ``metric`` between two models' scores, each ``(n,)``, on the same rows, with a
    lower bound.

    Rows are drawn with replacement, the same draw for both models; the bound is the ``1 -
    confidence`` quantile of the differences (percentile method; Efron and Tibshirani 1993, ch. 13).
    Rows count as independent: outcomes that move together, such as those of one day, make the true
    bound somewhat lower. Undetermined below 100 rows, or when more than 1 % of the draws leave the
    metric undefined.
    """
    rows = len(np.asarray(target))
    if rows < MIN_ROWS:
        return Undetermined(f"{rows} rows are too few to compare two models; {MIN_ROWS} are needed")
    sign = 1.0 if GREATER_IS_BETTER[metric] else -1.0
    ours, theirs = weighted(metric, target, challenger), weighted(metric, target, champion)

    def difference(weights: np.ndarray) -> float | None:
        one, other = ours(weights), theirs(weights)
        return (
            None
            if isinstance(one, Undetermined) or isinstance(other, Undetermined)
            else sign * (one - other)
        )

    measured = difference(np.ones(rows))
    if measured is None:
        return Undetermined("the metric is not defined on these rows: only one class is present")
    generator = np.random.default_rng(seed)
    draws = (
        np.bincount(generator.integers(rows, size=rows), minlength=rows).astype(float)
        for _ in range(resamples)
    )
    found = [value for value in map(difference, draws) if value is not None]
    if len(found) < (1 - _MAX_LOST) * resamples:
        return Undetermined("one class is so rare that resamples often lack it")
    return Comparison(metric, measured, float(np.quantile(found, 1 - confidence)), confidence, rows)
