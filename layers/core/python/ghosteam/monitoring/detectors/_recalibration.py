"""What outcomes say of the probabilities that were promised: how far they are off in the mean, and
whether they are too far from one another or too close.

With ``said`` and ``came`` of a row, the logistic recalibration is ``logit(chance that it comes) =
intercept + slope logit(said)``: 0 and 1 where the promise is kept. Source: Cox 1958; Van Calster et
al. 2019 for the words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors.detector import Measured

if TYPE_CHECKING:
    from ghosteam.monitoring.laws import Law
    from ghosteam.monitoring.samples.calibration import Calibration

CONFIDENCE = 1.96
_STEPS, _FARTHEST = 25, 30.0


def compared(
    first: tuple[Floats, Floats], second: tuple[Floats, Floats], rows: tuple[Floats, Floats]
) -> Measured:
    """Of two estimates, each with its variance, from so many rows; all ``(...,)``.

    The effect is the difference over the standard deviation that one row's estimate would have.
    """
    import numpy as np

    from ghosteam.monitoring.laws import normal

    found = np.abs(second[0] - first[0])
    law: Law = normal(first[1] + second[1])
    of_a_row = (first[1] * rows[0] + second[1] * rows[1]) / 2
    return Measured(found, found / np.sqrt(of_a_row), law)


def gap(sample: Calibration) -> tuple[Floats, Floats]:
    """By how much more came than was said, as a share of the rows, and its variance."""
    rows = sample.rows
    return (sample.came - sample.said).sum(axis=-1) / rows, sample.variances.sum(axis=-1) / rows**2


def slope(sample: Calibration) -> tuple[Floats, Floats]:
    """The slope after one step from 1 (of scoring, Cox 1958), whatever the intercept is, and its
    variance.
    """
    import numpy as np

    away, known = _away(sample)
    certain = np.maximum(known, 1e-9)
    found = 1 + (away * (sample.came - sample.said)).sum(axis=-1) / certain
    return found, (away**2 * sample.variances).sum(axis=-1) / certain**2


def told_apart(sample: Calibration) -> Floats:
    """How much a row says of the slope: 0 where the same is said of every row, ``(...,)``."""
    found: Floats = _away(sample)[1] / sample.rows
    return found


def _away(sample: Calibration) -> tuple[Floats, Floats]:
    """How far each bin's log odds are from the middle ``(..., k)``, and what the sample says of the
    slope (Fisher's information) ``(...,)``.
    """
    import numpy as np

    weights = sample.counts * sample.means * (1 - sample.means)
    middle = (weights * sample.odds).sum(axis=-1) / np.maximum(weights.sum(axis=-1), 1e-12)
    away = sample.odds - middle[..., None]
    return away, (weights * away**2).sum(axis=-1)


def fitted(sample: Calibration) -> tuple[float, float, float]:
    """Intercept, slope and the slope's standard error, at the maximum of the likelihood (Newton's
    method), of a sample without a first axis. A slight pull to 0 and 1 keeps them finite.
    """
    import numpy as np

    columns = np.stack([np.ones_like(sample.odds), sample.odds])
    kept, pull = np.array([0.0, 1.0]), np.diag([1e-3, 1e-3])
    at = kept.copy()
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(at @ columns, -_FARTHEST, _FARTHEST)))
        known = (columns * (sample.counts * chance * (1 - chance))) @ columns.T + pull
        step = np.linalg.solve(
            known, columns @ (sample.came - sample.counts * chance) - pull @ (at - kept)
        )
        at = np.clip(at + np.clip(step, -1, 1), -_FARTHEST, _FARTHEST)
        if np.abs(step).max() < 1e-9:
            break
    error = np.linalg.inv(known)[1, 1] ** 0.5
    return float(at[0]), float(at[1]), float(error)
