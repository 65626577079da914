"""Calibration in the large: whether what was promised comes more often, or less, than was said, by
another margin than in the reference.

Source: Cox 1958; Van Calster et al. 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors._recalibration import CONFIDENCE, compared, gap
from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.calibration import Calibration


def measure(reference: Calibration, window: Calibration) -> Measured | Undetermined:
    """The difference of both samples' shares that came and were not said. Undetermined where the
    reference's promises are certain, and kept.
    """
    import numpy as np

    first = gap(reference)
    if np.min(first[1]) < 1e-12:
        return Undetermined("everything that was said was certain, and came")
    return compared(first, gap(window), (reference.rows, window.rows))


def told(reference: Calibration, window: Calibration) -> str:
    """What was said and what came, with an interval, of both."""
    now, was = (
        (float(one.said.sum() / one.rows), float(one.came.sum() / one.rows))
        for one in (window, reference)
    )
    half = CONFIDENCE * float(gap(window)[1]) ** 0.5
    return (
        f"{now[0]:.1%} was said in the mean and {now[1]:.1%} came ({max(0.0, now[1] - half):.1%} "
        f"to {min(1.0, now[1] + half):.1%}); it was {was[0]:.1%} and {was[1]:.1%}"
    )


MEMBER = Detector(name="calibration_gap", kind="calibration", measure=measure, told=told)
