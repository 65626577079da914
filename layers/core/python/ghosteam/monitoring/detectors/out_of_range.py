"""How often a number lies where 99.8 % of the reference do not: numbers of another unit or order of
magnitude, and impossible ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors._rates import compared, percent
from ghosteam.monitoring.detectors.detector import Detector, Measured

if TYPE_CHECKING:
    from ghosteam.metrics.metric import Floats
    from ghosteam.monitoring.samples.numbers import Numbers

TAIL = 0.001


def measure(reference: Numbers, window: Numbers) -> Measured:
    """More often than before; less often is no finding."""
    low, high = _limits(reference)
    return compared(
        (_outside(reference, low, high), reference.rows),
        (_outside(window, low, high), window.rows),
        only_more=True,
    )


def told(reference: Numbers, window: Numbers) -> str:
    """The range, and both rates."""
    low, high = _limits(reference)
    return (
        f"outside of [{reference.grid[low]:.4g}, {reference.grid[high]:.4g}] in "
        f"{percent(_outside(window, low, high), window.rows)}, was "
        f"{percent(_outside(reference, low, high), reference.rows)}"
    )


def _limits(reference: Numbers) -> tuple[int, int]:
    """Positions in the grid."""
    import numpy as np

    up_to = reference.below[..., 1::2].reshape(-1, reference.grid.size).sum(axis=0)
    rows = np.sum(reference.rows)
    low = int(np.searchsorted(up_to, TAIL * rows, side="right"))
    high = int(np.searchsorted(up_to, (1 - TAIL) * rows))
    last = reference.grid.size - 1
    return min(low, last), min(high, last)


def _outside(sample: Numbers, low: int, high: int) -> Floats:
    found: Floats = sample.below[..., 2 * low] + sample.rows - sample.below[..., 2 * high + 1]
    return found


MEMBER = Detector(name="out_of_range", kind="numbers", measure=measure, told=told)
