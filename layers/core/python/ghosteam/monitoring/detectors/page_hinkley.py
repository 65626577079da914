"""Whether errors became larger, row by row in the order of time, and since which row: the test of
Page and Hinkley.

Errors beyond what is usual are added up, less a slack, from the last row on at which their sum was
the smallest so far. That row is the change point. The slack of a window is ``SLACK`` standard
deviations of its mean, so that the sum falls while nothing changes. At any time it is over ``x``
such deviations with the chance ``exp(-2 SLACK x)`` at most: the law of a random walk that falls,
and is held at 0.

Source: Page 1954; Hinkley 1971; Siegmund 1985, chapter 2, for the law.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.errors import OrderedErrors, UsualErrors

SLACK = 1.0


@dataclass(frozen=True)
class Excess:
    """After a window's last row: what is ``summed``, in standard deviations ``unit`` of its mean;
    how many of its ``rows`` lie after the change point, the ``total`` of their errors, and 1 where
    that point is in the window, ``began``, else 0: all of shape ``(...,)``.
    """

    summed: Floats
    rows: Floats
    began: Floats
    total: Floats
    unit: Floats


def excess(usual: UsualErrors, window: OrderedErrors) -> Excess:
    """Of a window, with what was summed before it."""
    import numpy as np

    sizes, rows = window.sizes, window.sizes.shape[-1]
    unit = usual.deviation * np.sqrt(1 / window.worth + 1 / usual.rows)
    steps = ((sizes - usual.mean) / unit - SLACK) / rows
    start = np.zeros((*sizes.shape[:-1], 1))
    path = window.summed + np.concatenate([start, np.cumsum(steps, axis=-1)], axis=-1)
    lowest = path.min(axis=-1)
    began = np.where(lowest <= 0, 1.0, 0.0)
    first = began * path.argmin(axis=-1)
    since = np.arange(rows) >= first[..., None]
    return Excess(
        path[..., -1] - np.minimum(lowest, 0.0),
        rows - first,
        began,
        (sizes * since).sum(axis=-1),
        unit,
    )


def measure(usual: UsualErrors, window: OrderedErrors) -> Measured | Undetermined:
    """The sum, in standard deviations of an error. The effect is by how much errors since the
    change point, as far as they are in the window, are larger than usual, in the same unit.
    """
    import numpy as np

    from ghosteam.monitoring.laws import Exponential

    if usual.deviation <= 1e-9 * max(1.0, float(usual.mean)):
        return Undetermined("all errors of the reference are of one size")
    found = excess(usual, window)
    scale = found.unit / usual.deviation
    larger = (found.total / np.maximum(found.rows, 1) - usual.mean) / usual.deviation
    effect = np.where(found.rows > 0, np.maximum(larger, 0.0), 0.0)
    return Measured(found.summed * scale, effect, Exponential(scale / (2 * SLACK)))


MEMBER = Detector(name="page_hinkley", kind="errors", measure=measure)
