"""What the reference's principal components leave of a row: more where columns no longer hang
together as they did.

Source: Jackson and Mudholkar 1979.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.metrics.metric import Floats
    from ghosteam.monitoring.samples.joint import Joint


def measure(reference: Joint, window: Joint) -> Measured | Undetermined:
    """Logarithm of the ratio of the variances that the components leave, without its sign; by
    chance as variable as rows of the reference are. Undetermined where nothing is left.
    """
    import numpy as np

    from ghosteam.monitoring.laws import normal, pairs_of

    mean, square = (reference.left[..., which] / reference.rows for which in (0, 1))
    first, second = _left(reference), _left(window)
    if np.min(first) < 1e-6 or np.min(mean) < 1e-6:
        return Undetermined("the components leave nothing of a row, or are of other columns")
    of_one_row = np.maximum(square / mean**2 - 1, 1e-4)
    found = np.abs(np.log(np.maximum(second / first, 1e-6)))
    law = normal(of_one_row / pairs_of(reference.rows, window.rows))
    return Measured(found, found / np.sqrt(of_one_row), law)


def told(reference: Joint, window: Joint) -> str:
    """How much more or less is left."""
    factor = float(_left(window) / _left(reference))
    return f"principal components leave {factor:.2f} times as much of a row as before"


def _left(sample: Joint) -> Floats:
    """The variance that the components leave, around the sample's own means, ``(...,)``."""
    import numpy as np

    components = sample.layout.components
    all_of_it = np.trace(sample.covariance, axis1=-2, axis2=-1)
    kept = np.einsum("ik,...ij,jk->...", components, sample.covariance, components, optimize=True)
    found: Floats = all_of_it - kept
    return found


MEMBER = Detector(name="reconstruction", kind="joint", measure=measure, told=told)
