"""How often the most frequent number comes: a sensor that is stuck, a default that stands in for a
value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors._rates import compared, percent
from ghosteam.monitoring.detectors.detector import Detector, Measured

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.numbers import Numbers


def measure(reference: Numbers, window: Numbers) -> Measured:
    """More often than the reference's most frequent one; less often is no finding. The window's is
    the largest of as many as there may be that are as frequent.
    """
    import numpy as np

    share = float(np.sum(reference.mode) / np.sum(reference.rows))
    return compared(
        (reference.mode, reference.rows),
        (window.mode, window.rows),
        only_more=True,
        times=max(1.0, 1 / share),
    )


def told(reference: Numbers, window: Numbers) -> str:
    """Both rates."""
    return (
        f"the most frequent value in {percent(window.mode, window.rows)}, was "
        f"{percent(reference.mode, reference.rows)}"
    )


MEMBER = Detector(name="stuck", kind="numbers", measure=measure, told=told)
