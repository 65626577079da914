"""Whether the served model still does on fresh outcomes what it did on its hold-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ghosteam.metrics.metric import METRICS, Floats, measure, weighted
from ghosteam.problem.spec import EVENT_TIME
from ghosteam.undetermined import Undetermined

RESAMPLES = 400
CONFIDENCE = 0.95


@dataclass(frozen=True)
class WindowPerformance:
    """A model on one window's labelled predictions.

    ``lower`` and ``upper`` bound ``value`` one-sidedly with ``CONFIDENCE`` each. ``degraded`` when
    even the better bound is worse than ``limit``, the hold-out's value less the allowed drop.
    """

    metric: str
    value: float
    lower: float
    upper: float
    limit: float
    labels: int
    metrics: Mapping[str, float]

    @property
    def degraded(self) -> bool:
        """Whether the drop is larger than allowed, beyond what chance explains."""
        greater = METRICS.find(self.metric).greater_is_better
        return self.upper < self.limit if greater else self.lower > self.limit


def join_labels(
    predictions: pl.DataFrame, labels: pl.DataFrame, *, event_id: tuple[str, ...], target: str
) -> pl.DataFrame:
    """Predictions, one an event, with the outcome of the same event, whose columns are
    ``event_id``: columns ``event_time``, as asked, ``outputs``, ``target``.
    """
    keys = list(event_id)
    return (
        predictions.select(*dict.fromkeys((*keys, EVENT_TIME)), "outputs")
        .join(labels.select(*keys, target), on=keys, how="inner")
        .select(EVENT_TIME, "outputs", target)
    )


def judge_performance(
    target: Floats,
    outputs: Floats,
    *,
    metric: str,
    metrics: Sequence[str] = (),
    threshold: float = 0.5,
    holdout: float | None,
    min_labels: int,
    max_drop: float,
    seed: int = 0,
) -> WindowPerformance | Undetermined:
    """Measure ``outputs`` ``(n, n_outputs)`` against ``target`` ``(n,)``, with a percentile
    bootstrap of ``RESAMPLES`` draws; ``metrics`` are told besides.

    Undetermined with fewer than ``min_labels`` rows or where the metric is not defined. Source:
    Efron and Tibshirani 1993, ch. 13.
    """
    if holdout is None:
        return Undetermined(f"the champion has no {metric} on its hold-out to compare with")
    rows = len(target)
    if rows < min_labels:
        return Undetermined(
            f"{rows} predictions have their outcome, fewer than the {min_labels} that are needed"
        )
    of_weights = weighted(metric, target, outputs, threshold=threshold)
    value = of_weights(np.ones(rows))
    if isinstance(value, Undetermined):
        return value
    random = np.random.default_rng(seed)
    drawn = (
        of_weights(random.multinomial(rows, np.full(rows, 1 / rows)).astype(np.float64))
        for _ in range(RESAMPLES)
    )
    values = [found for found in drawn if not isinstance(found, Undetermined)]
    lower, upper = np.quantile(values, [1 - CONFIDENCE, CONFIDENCE])
    return WindowPerformance(
        metric=metric,
        value=value,
        lower=float(lower),
        upper=float(upper),
        limit=holdout - METRICS.find(metric).sign * max_drop,
        labels=rows,
        metrics={
            name: found
            for name in metrics
            if not isinstance(
                found := measure(name, target, outputs, threshold=threshold), Undetermined
            )
        },
    )
