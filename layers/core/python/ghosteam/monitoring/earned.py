"""What decisions are worth in ``decide.values``: what they brought, and what was promised of them.

A probability promises what its decision is worth on average, if it is right; outcomes say what it
brought. The difference is what a model costs that is no longer as good as it says.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from ghosteam.documents.performance_verdict import Earned
from ghosteam.metrics.metric import Floats
from ghosteam.problem.decide import Decide, Values

_DAY = timedelta(days=1)
_NORMAL = 1.96
"""Standard errors on either side that hold 95 of 100."""


def earned(values: Values, chance: Floats, outputs: Floats, *, threshold: float) -> Floats:
    """What the decision on each row is worth ``(n,)``, in the unit of ``values``: 1 is decided
    where ``outputs`` ``(n, 1)`` reach ``threshold``, and comes with this ``chance`` ``(n,)``, which
    is 0 or 1 once it is known.
    """
    acted = chance * values.hit + (1 - chance) * values.false_alarm
    left = chance * values.miss + (1 - chance) * values.rest
    found: Floats = np.where(outputs[:, 0] >= threshold, acted, left)
    return found


def earned_in(
    decide: Decide, target: Floats, outputs: Floats, *, predictions: int, span: timedelta
) -> Earned | None:
    """Of a window of ``span`` in which so many ``predictions`` were made, by those whose outcome is
    in ``target`` ``(n,)``; ``outputs`` ``(n, 1)``. The bounds are those of a mean of independent
    rows. None where decisions have no values.
    """
    if decide.values is None:
        return None
    got, promised = (
        earned(decide.values, chance, outputs, threshold=decide.threshold)
        for chance in (target.astype(np.float64), outputs[:, 0])
    )
    lost = promised - got
    a_day = predictions / (span / _DAY)
    mean, error = float(lost.mean()), float(lost.std() / np.sqrt(len(lost)))
    return Earned(
        got=float(got.mean()),
        promised=float(promised.mean()),
        lost_a_day=mean * a_day,
        lower=(mean - _NORMAL * error) * a_day,
        upper=(mean + _NORMAL * error) * a_day,
    )
