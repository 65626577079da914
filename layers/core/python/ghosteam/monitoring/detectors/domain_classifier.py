"""Domain classifier: how well a classifier tells a window's rows from the reference's, rows that it
did not learn from. What no column shows by itself shows here, as far as squares and products of
columns show it.

The classifier is regularised least squares, on the columns' normal scores, their squares and their
products; either half of the rows judges what was learned from the other. Source: Friedman 2004;
Lopez-Paz and Oquab 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.rows import Bytes, Rows

FEWEST = 10
"""Rows of either sample that a half must have."""
RIDGE = 0.03
MOST_APART = 0.999


def measure(reference: Rows, window: Rows) -> Measured | Undetermined:
    """The area under the ROC curve, over a half. By chance alone it is normal, with the variance of
    Mann and Whitney's statistic. Its effect is the shift of a normal number that would be told
    apart as well. Undetermined with fewer than two columns, or too few rows in a half.
    """
    from statistics import NormalDist

    import numpy as np

    from ghosteam.monitoring.laws import normal

    found = [_area(reference.codes[0], codes) for codes in window.codes]
    areas = [one for one in found if one is not None]
    if len(areas) < len(found) or len(reference.names) < 2:
        return Undetermined("there are too few columns or rows")
    area, variance = (np.array(one) for one in zip(*areas, strict=True))
    if window.single:
        area, variance = area[0], variance[0]
    over = np.maximum(area - 0.5, 0.0)
    inverse = np.vectorize(NormalDist().inv_cdf, otypes=[np.float64])
    effect = 2**0.5 * inverse(np.minimum(over + 0.5, MOST_APART))
    return Measured(over, effect, normal(variance), (area - 0.5) ** 2 / variance)


def told(reference: Rows, window: Rows) -> str:
    """How well, in words."""
    area = _area(reference.codes[0], window.codes[0])
    share = "" if area is None else f"{area[0]:.0%} of pairs of rows"
    return f"a classifier tells {share} of the window and the reference apart; 50% is chance"


def _area(first: Bytes, second: Bytes) -> tuple[float, float] | None:
    """The mean of both halves' areas under the curve, and its variance by chance: that of one of
    them. What they are by chance is nearly the same number, the product of what both halves differ
    by, so that their mean is known no better.
    """
    import numpy as np

    halves = [_halves(one) for one in (first, second)]
    sizes = np.array([[int((half == at).sum()) for half in halves] for at in (0, 1)])
    if sizes.min() < FEWEST:
        return None
    columns = np.concatenate([_expanded(one) for one in (first, second)])
    half = np.concatenate(halves)
    is_second = np.repeat([0.0, 1.0], [len(first), len(second)])
    areas = []
    for at in (0, 1):
        learned, judged = half != at, half == at
        scores = columns[judged] @ _fitted(columns[learned], is_second[learned])
        areas.append(_ranked(np.round(scores, 9), is_second[judged]))
    n, m = sizes[:, 0], sizes[:, 1]
    variances = (n + m + 1) / (12 * n * m)
    return float(np.mean(areas)), float(variances.mean())


def _halves(codes: Bytes) -> Floats:
    """0 or 1 for each row, by what it holds: equal rows are in the same half."""
    from zlib import crc32

    import numpy as np

    return np.array([crc32(row.tobytes()) >> 7 & 1 for row in codes])


def _expanded(codes: Bytes) -> Floats:
    """Normal scores of the places, whether one is missing, and the scores' squares and products."""
    import numpy as np

    from ghosteam.monitoring.samples.rows import MISSING, PLACES
    from ghosteam.monitoring.tails import normal_scores

    of_places = np.append(normal_scores((np.arange(PLACES) + 0.5) / PLACES), 0.0)
    missing = codes == MISSING
    x = of_places[np.where(missing, PLACES, codes)]
    first, second = np.triu_indices(x.shape[1])
    return np.concatenate([x, missing * 1.0, x[:, first] * x[:, second] / 2], axis=1)


def _fitted(columns: Floats, is_second: Floats) -> Floats:
    """Weights of the columns; either sample counts as much as the other."""
    import numpy as np

    weights = np.where(is_second == 1, 0.5 / is_second.sum(), 0.5 / (1 - is_second).sum())
    middle = weights @ columns
    away = columns - middle
    covariance = (away * weights[:, None]).T @ away
    wanted = (away * weights[:, None]).T @ (is_second - 0.5)
    ridge = RIDGE + columns.shape[1] / len(columns)
    found: Floats = np.linalg.solve(covariance + ridge * np.eye(len(wanted)), wanted)
    return found


def _ranked(scores: Floats, is_second: Floats) -> float:
    """The area under the curve; ties count half."""
    import numpy as np

    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    n, m = (1 - is_second).sum(), is_second.sum()
    return float((rank[is_second == 1].sum() - m * (m + 1) / 2) / (n * m))


MEMBER = Detector(name="domain_classifier", kind="rows", measure=measure, told=told)
