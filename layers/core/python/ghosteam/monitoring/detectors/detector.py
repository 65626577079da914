"""What a drift detector is, and which there are.

A detector compares two samples of one layout (``ghosteam.monitoring.samples``): a reference's, and
one or several of windows, whose arrays then have a first axis ``(...,)``. What a reference keeps is
the same for all detectors, so that any of them judges by any reference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ghosteam.metrics.metric import Floats
from ghosteam.problem.detectors import DETECTORS as DESCRIBED
from ghosteam.problem.detectors import DetectorKind
from ghosteam.registry import Registry
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    import polars as pl

    from ghosteam.monitoring.laws import Law


@dataclass(frozen=True)
class Measured:
    """What a detector finds of one or several windows.

    ``statistic`` ``(...,)``, at least 0: the distance from the reference, which chance alone makes
    shrink as ``1 / sqrt(rows)``. ``effect`` ``(...,)``: the same as people weigh it, on one scale
    for all detectors: about the shift, in standard deviations, of a normal number that would be as
    easily seen. ``law``: what chance does to the statistic. ``energy`` ``(...,)``: the mean square
    of what the statistic is made of over what chance gives, 1 under chance alone; None where that
    is the square of the statistic over what the law expects.
    """

    statistic: Floats
    effect: Floats
    law: Law
    energy: Floats | None = None

    @property
    def over_chance(self) -> Floats:
        """``energy``, wherever it comes from, ``(...,)``."""
        if self.energy is not None:
            return self.energy
        found: Floats = (self.statistic / self.law.expected) ** 2
        return found


@dataclass(frozen=True, kw_only=True)
class Detector:
    """``measure(reference, window)`` compares two samples of ``kind``; undetermined where the
    reference has nothing to compare with. Of ``shares``, the samples are counts of the same cells,
    both ``(..., n_cells)``, cells without rows in both among them.

    ``told(reference, window)``: in the column's own units what the window has and the reference
    had, of samples without a first axis; None for what the column's kind tells of any detector.
    """

    name: str
    kind: DetectorKind
    measure: Callable[[Any, Any], Measured | Undetermined]
    told: Callable[[Any, Any], str] | None = None


DETECTORS = cast("Registry[Detector]", DESCRIBED)


def as_numbers(column: pl.Series) -> Floats:
    """``column`` as numbers ``(n,)``, NaN where there is none: infinite ones count as missing."""
    import numpy as np
    import polars as pl

    numbers = column.cast(pl.Float64)
    values = (numbers.fill_null(np.nan) if numbers.null_count() else numbers).to_numpy()
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def as_categories(column: pl.Series) -> pl.Series:
    """``column`` as texts, null where there is none."""
    import polars as pl

    return column.cast(pl.String)
