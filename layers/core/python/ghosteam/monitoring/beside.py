"""How the other models of a problem did in a window, beside the one that serves."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ghosteam.data.derive import TARGET
from ghosteam.documents.performance_verdict import Beside
from ghosteam.documents.routing import Routing
from ghosteam.monitoring.performance import WindowPerformance, join_labels, judge_performance
from ghosteam.monitoring.prediction_log import OneAnEvent, named, outputs_of
from ghosteam.problem.spec import Problem

LEAST = 30
"""Outcomes of another model from which on it is told of: bounds say how much that is."""


def judged_beside(
    problem: Problem,
    routing: Routing,
    predictions: pl.DataFrame,
    labels: pl.DataFrame,
    one_an_event: OneAnEvent,
) -> Iterator[Beside]:
    """The challenger and the model before, as far as they answered events of the window that have
    an outcome. ``predictions``: those of the window, of all models with the problem's outputs, as
    the log has them.
    """
    metric, limits = problem.promote.metric, problem.watch.performance
    for role, slot in (("challenger", routing.challenger), ("previous", routing.replaced)):
        if slot is None:
            continue
        own = predictions.filter(pl.col("model_version") == slot.version)
        asked = named(one_an_event.of(own))
        rows = join_labels(asked, labels, event_id=problem.event_id, target=TARGET)
        judged = judge_performance(
            rows[TARGET].to_numpy(),
            outputs_of(rows),
            metric=metric,
            threshold=problem.decide.threshold,
            holdout=slot.metrics.get(metric),
            min_labels=LEAST,
            max_drop=limits.max_drop,
        )
        if isinstance(judged, WindowPerformance):
            yield Beside(
                role=role,
                version=slot.version,
                value=judged.value,
                lower=judged.lower,
                upper=judged.upper,
                labels=judged.labels,
            )
