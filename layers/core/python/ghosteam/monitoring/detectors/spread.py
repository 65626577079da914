"""Change of the spread of numbers, by the variance of their normal scores around their own mean: a
shift alone changes it little.

Source: Klotz 1962.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.metrics.metric import Floats
    from ghosteam.monitoring.samples.numbers import Numbers

FEWEST = 1e-6
"""Of the reference's variance: a constant window's is taken to be so much."""


def measure(reference: Numbers, window: Numbers) -> Measured | Undetermined:
    """Logarithm of the ratio of the scores' standard deviations, without its sign; its variance
    follows from the reference's kurtosis. Undetermined where the reference is constant.
    """
    import numpy as np

    from ghosteam.monitoring.detectors.location import _whole
    from ghosteam.monitoring.laws import normal, pairs_of

    whole = _whole(reference)
    _, variance, fourth = whole.moments
    if variance < 1e-9:
        return Undetermined("the reference has one value")
    first, second = (
        np.maximum(_variance(one, whole.scores), FEWEST * variance) for one in (reference, window)
    )
    found = np.abs(np.log(second / first)) / 2
    of_one_row = max((fourth / variance**2 - 1) / 4, 0.01)
    return Measured(found, found, normal(of_one_row / pairs_of(reference.rows, window.rows)))


def _variance(sample: Numbers, scores: Floats) -> Floats:
    mean, square = (sample.cells @ scores**power / sample.rows for power in (1, 2))
    found: Floats = square - mean**2
    return found


MEMBER = Detector(name="spread", kind="numbers", measure=measure)
