"""Whether the served model still does on fresh outcomes what it did on its hold-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ghosteam.documents.performance_verdict import Drop
from ghosteam.metrics.metric import METRICS, Floats, Value, Weighted, measure, weighted
from ghosteam.undetermined import Undetermined

RESAMPLES = 400
CONFIDENCE = 0.95


@dataclass(frozen=True)
class WindowPerformance:
    """A model on one window's labelled predictions.

    ``lower`` and ``upper`` bound ``value`` one-sidedly with ``CONFIDENCE`` each. ``degraded`` when
    even the better bound is worse than ``limit``, the hold-out's value less the allowed drop,
    ``skill_upper`` less than ``skill_limit``, or one of the ``drops`` past its limit. ``skill`` is
    the share of the way from knowing only how often each outcome comes in the window to never being
    wrong; None where it is not judged.
    """

    metric: str
    value: float
    lower: float
    upper: float
    limit: float
    labels: int
    metrics: Mapping[str, float]
    skill: float | None = None
    skill_upper: float | None = None
    skill_limit: float | None = None
    drops: tuple[Drop, ...] = ()

    @property
    def degraded(self) -> bool:
        """Whether the drop is larger than allowed, beyond what chance explains."""
        return self.worse or self.unskilled or any(one.past for one in self.drops)

    @property
    def worse(self) -> bool:
        """Whether the metric itself is surely past its limit."""
        greater = METRICS.find(self.metric).greater_is_better
        return self.upper < self.limit if greater else self.lower > self.limit

    @property
    def unskilled(self) -> bool:
        """Whether it surely lost more of its skill than it may."""
        upper, limit = self.skill_upper, self.skill_limit
        return upper is not None and limit is not None and upper < limit


@dataclass(frozen=True)
class KnowingNothing:
    """What skill is measured from: ``constant`` ``(k,)``, what knowing only how often each outcome
    comes in the window would say; ``holdout``, the metric of such a constant on the hold-out;
    ``keep``, the share of the skill there that a model is to keep.
    """

    constant: Floats
    holdout: float
    keep: float

    def over(self, metric: str, target: Floats, threshold: float) -> Weighted:
        """The metric of the constant on these rows, by their weights."""
        outputs = np.tile(self.constant, (len(target), 1))
        return weighted(metric, target, outputs, threshold=threshold)


def join_labels(
    predictions: pl.DataFrame, labels: pl.DataFrame, *, event_id: tuple[str, ...], target: str
) -> pl.DataFrame:
    """Predictions, one an event, with the outcome of the same event, whose columns are
    ``event_id``, as ``target``; ``event_time`` is as asked.
    """
    return predictions.join(labels.select(*event_id, target), on=event_id, how="inner")


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
    nothing: KnowingNothing | None = None,
    seed: int = 0,
) -> WindowPerformance | Undetermined:
    """Measure ``outputs`` ``(n, n_outputs)`` against ``target`` ``(n,)``, with a percentile
    bootstrap of ``RESAMPLES`` draws; ``metrics`` are told besides. Skill is judged where there is
    ``nothing`` and the hold-out showed some; model and constant meet the same draws.

    Undetermined with fewer than ``min_labels`` rows or where the metric is not defined. Source:
    Efron and Tibshirani 1993, ch. 13; Murphy 1988 for skill.
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
    of_nothing = nothing.over(metric, target, threshold) if nothing else None
    known = skill(metric, holdout, nothing.holdout) if nothing else None
    values, skills = [], []
    random = np.random.default_rng(seed)
    for _ in range(RESAMPLES):
        draw = random.multinomial(rows, np.full(rows, 1 / rows)).astype(np.float64)
        drawn = of_weights(draw)
        if isinstance(drawn, Undetermined):
            continue
        values.append(drawn)
        if of_nothing and (one := skill(metric, drawn, of_nothing(draw))) is not None:
            skills.append(one)
    lower, upper = np.quantile(values, [1 - CONFIDENCE, CONFIDENCE])
    found = WindowPerformance(
        metric=metric,
        value=value,
        lower=float(lower),
        upper=float(upper),
        limit=holdout - METRICS.find(metric).sign * max_drop,
        labels=rows,
        metrics={
            name: told
            for name in metrics
            if not isinstance(
                told := measure(name, target, outputs, threshold=threshold), Undetermined
            )
        },
    )
    if nothing is None or of_nothing is None or known is None or known <= 0 or not skills:
        return found
    return replace(
        found,
        skill=skill(metric, value, of_nothing(np.ones(rows))),
        skill_upper=float(np.quantile(skills, CONFIDENCE)),
        skill_limit=known * nothing.keep,
    )


def skill(metric: str, value: Value, nothing: Value) -> float | None:
    """The share of the way from what knowing ``nothing`` reaches to the best that there is: 1 is
    perfect, 0 no better than it. None where one is undetermined, or nothing is left to know.
    """
    if isinstance(value, Undetermined) or isinstance(nothing, Undetermined):
        return None
    of = METRICS.find(metric)
    way = (of.high if of.greater_is_better else of.low) - nothing
    return (value - nothing) / way if way and np.isfinite(way) else None
