"""Jump of outcomes that are classes: how unevenly those of a window, and of some windows shortly
before it, are dealt out over the classes. The statistic is chi-square's, its effect Cohen's w.

Rates move from window to window by more than chance explains. How much, is taken from the same
differences in the reference, as the chart of Laney takes it from those of neighbouring days, and
not from how far its windows are from their mean: where levels last, that is much more.

Source: Laney 2002 (the p' chart); Rao and Scott 1981 for chi-square with a design effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors.chi_square import MEMBER as CHI_SQUARE
from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.categories import Categories


def measure(before: Categories, window: Categories) -> Measured | Undetermined:
    """Of the windows before, together, and of the window."""
    return CHI_SQUARE.measure(before.counts, window.counts)


def told(before: Categories, window: Categories) -> str:
    """The class whose share changed most."""
    name, was, now = before.moved_most(window)
    return f"{name} in {now:.1%}, was {was:.1%} shortly before"


MEMBER = Detector(name="label_jump", kind="steps", measure=measure, told=told)
