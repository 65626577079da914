"""Shift of numbers, by the mean of their normal scores: as sharp as a t test for normal numbers,
and indifferent to units and far values.

Source: van der Waerden 1952.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.numbers import Numbers


def measure(reference: Numbers, window: Numbers) -> Measured | Undetermined:
    """Difference of the mean scores in the reference's standard deviations of them. Undetermined
    where the reference is constant.
    """
    import numpy as np

    from ghosteam.monitoring.laws import normal, pairs_of

    scores, (_, variance, _) = _whole(reference).scores, _whole(reference).moments
    if variance < 1e-9:
        return Undetermined("the reference has one value")
    means = [one.cells @ scores / one.rows for one in (reference, window)]
    found = np.abs(means[1] - means[0]) / np.sqrt(variance)
    return Measured(found, found, normal(1 / pairs_of(reference.rows, window.rows)))


def _whole(reference: Numbers) -> Numbers:
    """The sample whose ranks the scores are of; of several, all together."""
    from ghosteam.monitoring.samples.numbers import Numbers

    if reference.below.ndim == 1:
        return reference
    return Numbers(
        reference.grid, reference.below.sum(axis=0), reference.rows.sum(), reference.mode.sum()
    )


MEMBER = Detector(name="location", kind="numbers", measure=measure)
