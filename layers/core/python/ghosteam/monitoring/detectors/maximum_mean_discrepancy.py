"""Maximum mean discrepancy of whole rows: how far apart two samples are in the mean of random
Fourier features, so that any difference in distribution shows, given rows enough.

Source: Gretton et al. 2012; Rahimi and Recht 2007 for the features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.joint import Joint


def measure(reference: Joint, window: Joint) -> Measured | Undetermined:
    """The distance of the mean features. Its square is a weighted sum of chi-square numbers, taken
    as one of as large a mean and variance. Source: Gretton et al. 2009, section 3.
    """
    import numpy as np

    from ghosteam.monitoring.laws import ChiSquare, pairs_of

    trace, square = reference.spread
    if trace < 1e-9:
        return Undetermined("the reference's rows are all alike, or of other columns")
    first, second = (one.waves / np.asarray(one.rows)[..., None] for one in (reference, window))
    found = np.sqrt(((first - second) ** 2).sum(axis=-1))
    degrees = trace**2 / square
    scale = pairs_of(reference.rows, window.rows) * degrees / trace
    return Measured(found, found * np.sqrt(degrees / trace), ChiSquare(scale, degrees))


def told(_reference: Joint, window: Joint) -> str:
    """Of how many columns."""
    return f"rows of {len(window.layout.names)} numbers are distributed otherwise"


MEMBER = Detector(name="maximum_mean_discrepancy", kind="joint", measure=measure, told=told)
