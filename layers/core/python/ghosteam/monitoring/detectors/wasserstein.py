"""How far numbers have moved on average, in the reference's standard deviations: the area between
two distribution functions.

Source: Vallender 1974; del Barrio, Giné and Matrán 1999 for its law.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.metrics.metric import Floats
    from ghosteam.monitoring.samples.numbers import Numbers


def measure(reference: Numbers, window: Numbers) -> Measured | Undetermined:
    """The area within the reference's range, and what chance makes of it: the mean and deviation of
    the area under a Brownian bridge at the reference's distribution function. Undetermined where
    the reference is constant.
    """
    import numpy as np

    from ghosteam.monitoring.laws import Gamma, pairs_of

    widths = np.diff(reference.grid)
    total = reference.below.reshape(-1, reference.below.shape[-1]).sum(axis=0)
    share = ((total[1::2][:-1] + total[2::2]) / 2) / np.sum(reference.rows)
    deviation = _deviation(reference.grid, total / np.sum(reference.rows))
    if deviation == 0:
        return Undetermined("the reference has one value")
    gaps = [
        (one.shares[..., 1::2][..., :-1] + one.shares[..., 2::2]) / 2 for one in (reference, window)
    ]
    found = np.abs(gaps[0] - gaps[1]) @ widths / deviation
    mean, away = _bridge(share, widths / deviation)
    root = np.sqrt(pairs_of(reference.rows, window.rows))
    return Measured(found, found, Gamma(root, mean, away))


def _deviation(grid: Floats, below: Floats) -> float:
    """Standard deviation of the rows, those between two boundaries being taken to lie at their
    middle.
    """
    import numpy as np

    places = np.empty(2 * grid.size - 1)
    places[::2], places[1::2] = grid, (grid[1:] + grid[:-1]) / 2
    weights = np.diff(below)
    mean = weights @ places
    return float(np.sqrt(weights @ (places - mean) ** 2))


def _bridge(share: Floats, widths: Floats) -> tuple[float, float]:
    """Mean and standard deviation of ``sum(|B(share)| widths)``, B a Brownian bridge.

    For normal numbers of deviations s and t and correlation r, ``E|X Y| = 2 / pi s t (sqrt(1 - r **
    2) + r arcsin r)``. Source: Kamat 1953.
    """
    import numpy as np

    one = np.sqrt(np.maximum(share * (1 - share), 1e-12))
    covariance = np.minimum.outer(share, share) - np.outer(share, share)
    r = np.clip(covariance / np.outer(one, one), -1, 1)
    weights = one * widths
    mean = np.sqrt(2 / np.pi) * weights.sum()
    square = 2 / np.pi * weights @ (np.sqrt(1 - r**2) + r * np.arcsin(r)) @ weights
    return float(mean), float(np.sqrt(max(square - mean**2, 1e-12)))


MEMBER = Detector(name="wasserstein", kind="numbers", measure=measure)
