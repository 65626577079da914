"""What predictions brought by their outcomes, and what was promised of them.

By ``decide.values`` a probability promises what its decision is worth on average, if it is right.
By ``decide.value`` the hold-out promises what a prediction is worth. The difference is what a model
costs that is no longer as good as it says.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import numpy as np
import polars as pl

from ghosteam.documents.drift_reference import WorthRecord
from ghosteam.documents.performance_verdict import Amount, Earned
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.worth import MeanOfRows, worth_of
from ghosteam.problem.decide import Decide, Values
from ghosteam.problem.spec import Problem
from ghosteam.undetermined import Undetermined

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


def brought(problem: Problem, target: Floats, outputs: Floats, rows: pl.DataFrame) -> Floats | None:
    """What each prediction brought ``(n,)`` by whichever the problem has, NaN where that is null;
    ``rows`` as :func:`~ghosteam.monitoring.worth.worth_of` takes them. None where it has neither,
    or ``rows`` lack a column.
    """
    decide = problem.decide
    if decide.values is not None:
        return earned(decide.values, target, outputs, threshold=decide.threshold)
    if decide.value is None:
        return None
    found = worth_of(problem, decide.value, target, outputs, rows)
    return None if isinstance(found, Undetermined) else found


def earned_in(
    decide: Decide,
    target: Floats,
    outputs: Floats,
    *,
    predictions: int,
    span: timedelta,
    limit: float | None = None,
) -> Earned | None:
    """By ``decide.values``, of a window of ``span`` in which so many ``predictions`` were made, by
    those whose outcome is in ``target`` ``(n,)``; ``outputs`` ``(n, 1)``. ``limit``: how much may
    be lost a day. The bounds are those of a mean of independent rows. None where decisions have no
    values.
    """
    if decide.values is None:
        return None
    got, promised = (
        earned(decide.values, chance, outputs, threshold=decide.threshold)
        for chance in (target.astype(np.float64), outputs[:, 0])
    )
    lost, a_day = MeanOfRows.of(promised - got), predictions / (span / _DAY)
    return _told("probabilities", MeanOfRows.of(got), float(promised.mean()), lost, a_day, limit)


def worth_in(
    problem: Problem,
    target: Floats,
    outputs: Floats,
    rows: pl.DataFrame,
    kept: WorthRecord | None,
    *,
    predictions: int,
    span: timedelta,
) -> Earned | Undetermined:
    """The same by ``decide.value``, with ``rows`` as :func:`~ghosteam.monitoring.worth.worth_of`
    takes them, and what was ``kept`` of the hold-out, by whose uncertainty the bounds of what is
    lost are wider.
    """
    if kept is None or kept["by"] != problem.decide.value:
        return Undetermined(
            "what predictions were worth on the hold-out by this decide.value is not on record: "
            "the next model will have it"
        )
    found = worth_of(problem, kept["by"], target, outputs, rows)
    if isinstance(found, Undetermined):
        return found
    known, limits = found[~np.isnan(found)], problem.watch.performance
    if len(known) < limits.min_labels:
        return Undetermined(
            f"decide.value is null of all but {len(known)} predictions with an outcome, fewer than "
            f"the {limits.min_labels} that are needed"
        )
    got, promised = MeanOfRows.of(known), kept["mean"]
    lost = MeanOfRows(promised - got.value, float(np.hypot(got.error, kept["deviation"])))
    # Predictions without a worth are as many among those whose outcome is not known.
    a_day = predictions / (span / _DAY) * len(known) / len(found)
    return _told("holdout", got, promised, lost, a_day, limits.max_lost_a_day)


def _told(
    by: Literal["probabilities", "holdout"],
    got: MeanOfRows,
    promised: float,
    lost: MeanOfRows,
    a_day: float,
    limit: float | None,
) -> Earned:
    """``a_day``: how many predictions."""
    of_day, lost_a_day = _amount(got, a_day), _amount(lost, a_day)
    return Earned(
        promised_by=by,
        got=got.value,
        promised=promised,
        a_day=of_day,
        lost_a_day=lost_a_day.value,
        lower=lost_a_day.lower,
        upper=lost_a_day.upper,
        limit=limit,
    )


def _amount(mean: MeanOfRows, times: float) -> Amount:
    reach = _NORMAL * mean.error
    return Amount(
        value=mean.value * times,
        lower=(mean.value - reach) * times,
        upper=(mean.value + reach) * times,
    )
