"""By how much a window is worse than the hold-out where that has a limit of its own: in the parts
of ``promote.slices``, and by the metrics of ``watch.performance.max_drop_of``.

A drop counts where it is past its limit beyond chance, in all that are judged of a window together
(Bonferroni): of a window like the hold-out, one is found in one of ``1 / SLICE_ALPHA`` at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl

from ghosteam.data.derive import TARGET
from ghosteam.documents.drift_reference import SliceRecord
from ghosteam.documents.performance_verdict import Drop
from ghosteam.learning.slices import MIN_SLICE_ROWS, SLICE_ALPHA, slices_of
from ghosteam.metrics.metric import METRICS, Floats, weighted
from ghosteam.problem.spec import Problem
from ghosteam.undetermined import Undetermined

MOST_SLICES = 100
"""Of a hold-out, the largest are kept."""
DRAWS = 200


def slices_kept(problem: Problem, holdout: pl.DataFrame, outputs: Floats) -> dict[str, SliceRecord]:
    """What ``promote.metric`` is in the slices of a ``holdout`` with the column ``target``, of
    ``outputs`` ``(n, k)``; without those that are too small, or where it is undetermined.
    """
    target = holdout.get_column(TARGET).cast(pl.Float64).to_numpy()
    slices = slices_of(holdout, problem.promote.slices)
    largest = sorted(slices, key=lambda name: -int(slices[name].sum()))[:MOST_SLICES]
    kept: dict[str, SliceRecord] = {}
    for name in largest:
        inside, metric = slices[name], problem.promote.metric
        if found := _measured(problem, metric, target[inside], outputs[inside]):
            value, deviation = found
            kept[name] = {"metric": metric, "value": value, "deviation": deviation}
    return kept


def drops_in(
    problem: Problem,
    target: Floats,
    outputs: Floats,
    features: pl.DataFrame,
    *,
    holdout: Mapping[str, float | None],
    slices: Mapping[str, SliceRecord],
) -> tuple[Drop, ...]:
    """Those of a window's outcomes ``(n,)`` and outputs ``(n, k)``, with the ``features`` of the
    same rows, against the metrics of the ``holdout`` and of its ``slices``: the largest first, by
    how far they are past their limits.
    """
    measured = [
        *_by_metric(problem, target, outputs, holdout),
        *_by_slice(problem, target, outputs, features, slices),
    ]
    reach = NormalDist().inv_cdf(1 - SLICE_ALPHA / len(measured)) if measured else 0.0
    drops = [one.as_drop(reach) for one in measured]
    return tuple(sorted(drops, key=lambda one: one.limit - one.least))


@dataclass(frozen=True)
class _Comparison:
    """Of a window or a ``part`` of it: ``value`` beside the ``holdout``'s; ``deviation``: how well
    the difference is known.
    """

    metric: str
    part: str | None
    value: float
    holdout: float
    deviation: float
    limit: float
    labels: int

    def as_drop(self, reach: float) -> Drop:
        """With the least drop within ``reach`` deviations."""
        drop = METRICS.find(self.metric).sign * (self.holdout - self.value)
        return Drop(
            metric=self.metric,
            part=self.part,
            value=self.value,
            holdout=self.holdout,
            least=drop - reach * self.deviation,
            limit=self.limit,
            labels=self.labels,
        )


def _by_metric(
    problem: Problem, target: Floats, outputs: Floats, holdout: Mapping[str, float | None]
) -> Iterator[_Comparison]:
    for metric, limit in problem.watch.performance.max_drop_of.items():
        known, found = holdout.get(metric), _measured(problem, metric, target, outputs)
        if known is not None and found:
            value, deviation = found
            yield _Comparison(metric, None, value, known, deviation, limit, len(target))


def _by_slice(
    problem: Problem,
    target: Floats,
    outputs: Floats,
    features: pl.DataFrame,
    slices: Mapping[str, SliceRecord],
) -> Iterator[_Comparison]:
    metric, limit = problem.promote.metric, problem.promote.max_slice_drop
    there = [column for column in problem.promote.slices if column in features.columns]
    for name, inside in slices_of(features, there).items():
        known = slices.get(name)
        if known is None or known["metric"] != metric:
            continue
        if found := _measured(problem, metric, target[inside], outputs[inside]):
            value, own = found
            # How well the hold-out's is known counts as well.
            deviation = float(np.hypot(own, known["deviation"]))
            labels = int(inside.sum())
            yield _Comparison(metric, name, value, known["value"], deviation, limit, labels)


def _measured(
    problem: Problem, metric: str, target: Floats, outputs: Floats
) -> tuple[float, float] | None:
    """The metric and the deviation of its draws (bootstrap); None of fewer than ``MIN_SLICE_ROWS``
    rows, or where it is undetermined, on half of the draws too.
    """
    rows = len(target)
    if rows < MIN_SLICE_ROWS:
        return None
    of_weights = weighted(metric, target, outputs, threshold=problem.decide.threshold)
    value, random = of_weights(np.ones(rows)), np.random.default_rng(0)
    evenly = np.full(rows, 1 / rows)
    drawn = (of_weights(random.multinomial(rows, evenly).astype(float)) for _ in range(DRAWS))
    values = [one for one in drawn if not isinstance(one, Undetermined)]
    if isinstance(value, Undetermined) or len(values) < DRAWS / 2:
        return None
    return value, float(np.std(values))
