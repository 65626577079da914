"""How often a category comes that the reference's vocabulary does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors._rates import compared, percent
from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.categories import Categories


def measure(reference: Categories, window: Categories) -> Measured | Undetermined:
    """All new ones together. Undetermined where the reference has too many to know them all."""
    if reference.others is None:
        return Undetermined("there are too many categories to know which are new")
    return compared(
        (reference.counts[..., -1], reference.rows),
        (window.counts[..., -1], window.rows),
        only_more=True,
    )


def told(reference: Categories, window: Categories) -> str:
    """The rate, and the most frequent one."""
    such = f", such as {window.example!r}" if window.example is not None else ""
    return f"never seen before in {percent(window.counts[-1], window.rows)}{such}"


MEMBER = Detector(name="new_categories", kind="categories", measure=measure, told=told)
