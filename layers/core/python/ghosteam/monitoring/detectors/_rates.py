"""Detectors of rare things, such as missing values: how often something is in a window, and was in
the reference.

The statistic is Cohen's h, the difference of the rates' arcsine roots, whose variance depends on no
rate. Where something becomes rarer, a window's count is taken to be 3/8 more: that none came of few
that were to come is no wonder. Source: Cohen 1988, chapter 6; Anscombe 1948.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors.detector import Measured


def compared(
    reference: tuple[Floats, Floats],
    window: tuple[Floats, Floats],
    *,
    only_more: bool = False,
    times: float = 1.0,
) -> Measured:
    """Of pairs of how many rows have the thing and how many there are, both ``(...,)``.

    ``only_more``: that it became rarer is no finding. ``times``: it is the largest of so many.
    """
    import numpy as np

    from ghosteam.monitoring.laws import normal, pairs_of

    before, pairs = _angle(*reference), pairs_of(reference[1], window[1])
    difference = _angle(*window) - before
    found = np.maximum(difference, 0.0)
    if not only_more:
        met, rows = window
        found = np.maximum(found, before - _angle(met + 3 / 8, rows + 3 / 4))
    return Measured(found, found, normal(1 / pairs, times=times), difference**2 * pairs)


def _angle(met: Floats, rows: Floats) -> Floats:
    import numpy as np

    found: Floats = 2 * np.arcsin(np.sqrt(np.minimum(np.maximum(met / rows, 0), 1)))
    return found


def percent(met: Floats, rows: Floats) -> str:
    """``0.31 %``."""
    return f"{100 * float(met) / float(rows):.3g} %"
