"""Correlations between columns, by Fisher's z: the pair whose correlation changed most. It sees
what no column shows by itself, such as scores that are dealt out to the wrong rows.

Source: Fisher 1921.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.metrics.metric import Floats
    from ghosteam.monitoring.samples.joint import Joint

CLOSEST = 0.995
"""Correlations beyond are taken to be so much: of equal columns, z is infinite."""


def measure(reference: Joint, window: Joint) -> Measured | Undetermined:
    """The largest difference of z, among so many pairs. Undetermined with fewer than two columns,
    or four rows.
    """
    import numpy as np

    from ghosteam.monitoring.laws import normal

    differences = _differences(reference, window)
    if not differences.shape[-1] or np.min(window.rows) < 4 or np.min(reference.rows) < 4:
        return Undetermined("there are too few columns or rows")
    found = differences.max(axis=-1)
    variance = 1 / (np.asarray(reference.rows) - 3) + 1 / (np.asarray(window.rows) - 3)
    return Measured(found, found, normal(variance, times=differences.shape[-1]))


def told(reference: Joint, window: Joint) -> str:
    """The pair, and both correlations."""
    at = int(_differences(reference, window).argmax())
    first, second = reference.pair(at)
    return (
        f"{first} and {second} correlate by {window.correlations[at]:.2f}, was "
        f"{reference.correlations[at]:.2f}"
    )


def _differences(reference: Joint, window: Joint) -> Floats:
    import numpy as np

    first, second = (
        np.arctanh(np.clip(one.correlations, -CLOSEST, CLOSEST)) for one in (reference, window)
    )
    found: Floats = np.abs(first - second)
    return found


MEMBER = Detector(name="correlation", kind="joint", measure=measure, told=told)
