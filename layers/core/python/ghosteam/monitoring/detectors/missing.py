"""How often a value is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors._rates import compared, percent
from ghosteam.monitoring.detectors.detector import Detector, Measured

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.presence import Presence


def measure(reference: Presence, window: Presence) -> Measured:
    """More or fewer than before."""
    return compared((reference.missing, reference.rows), (window.missing, window.rows))


def told(reference: Presence, window: Presence) -> str:
    """Both rates."""
    return (
        f"missing in {percent(window.missing, window.rows)}, was "
        f"{percent(reference.missing, reference.rows)}"
    )


MEMBER = Detector(name="missing", kind="presence", measure=measure, told=told)
