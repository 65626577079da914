"""Categories that come no more: the most frequent of those that the window has not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors._rates import compared, percent
from ghosteam.monitoring.detectors.detector import Detector, Measured
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    from ghosteam.metrics.metric import Floats
    from ghosteam.monitoring.samples.categories import Categories


def measure(reference: Categories, window: Categories) -> Measured | Undetermined:
    """How frequent it was, among as many as there are names. Undetermined without any."""
    import numpy as np

    from ghosteam.monitoring.laws import ChiSquare, pairs_of

    if not reference.names:
        return Undetermined("no category is frequent")
    share = _gone(reference, window).max(axis=-1) / window.rows
    found = 2 * np.arcsin(np.sqrt(np.minimum(share, 1.0)))
    # None comes by the chance exp(-expected), and the statistic's square is 4 expected / rows.
    scale = pairs_of(reference.rows, window.rows) / 2
    law = ChiSquare(scale, 2.0, times=len(reference.names))
    named = slice(0, len(reference.names))
    each = compared(
        (reference.counts[..., named], reference.rows[..., None]),
        (window.counts[..., named], window.rows[..., None]),
    )
    return Measured(found, found, law, each.over_chance.mean(axis=-1))


def told(reference: Categories, window: Categories) -> str:
    """Which, and how frequent it was."""
    shares = _gone(reference, window)
    at = int(shares.argmax())
    if not shares[at]:
        return "no category vanished"
    return (
        f"{reference.names[at]!r} comes no more, was "
        f"{percent(reference.counts[at], reference.rows)}"
    )


def _gone(reference: Categories, window: Categories) -> Floats:
    """Rows of the window that each name would have, were it there as before, where it has none:
    ``(..., n_names)``.
    """
    import numpy as np

    named = slice(0, len(reference.names))
    shares = reference.counts[..., named] / reference.rows[..., None]
    expected = shares * window.rows[..., None]
    found: Floats = np.where(window.counts[..., named] > 0, 0.0, expected)
    return found


MEMBER = Detector(name="vanished_categories", kind="categories", measure=measure, told=told)
