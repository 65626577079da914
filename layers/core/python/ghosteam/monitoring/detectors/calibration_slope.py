"""The slope of calibration: whether promises are further from one another than outcomes are, or
closer, than in the reference. It is 0 where outcomes have nothing to do with what was said.

Source: Cox 1958; Van Calster et al. 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors._recalibration import (
    CONFIDENCE,
    compared,
    fitted,
    slope,
    told_apart,
)
from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.calibration import Calibration

LEAST = 1e-3


def measure(reference: Calibration, window: Calibration) -> Measured | Undetermined:
    """The difference of both samples' slopes. Undetermined where much the same is said of every
    row.
    """
    import numpy as np

    if min(float(np.min(told_apart(one))) for one in (reference, window)) < LEAST:
        return Undetermined("much the same was said of every row")
    return compared(slope(reference), slope(window), (reference.rows, window.rows))


def told(reference: Calibration, window: Calibration) -> str:
    """Both slopes, with an interval, and what the window's means."""
    _, now, error = fitted(window)
    means = "too far from one another" if now < 1 else "too close to one another"
    return (
        f"calibration slope {now:.2f} ({now - CONFIDENCE * error:.2f} to "
        f"{now + CONFIDENCE * error:.2f}), was {fitted(reference)[1]:.2f}: probabilities are "
        f"{means}"
    )


MEMBER = Detector(name="calibration_slope", kind="calibration", measure=measure, told=told)
