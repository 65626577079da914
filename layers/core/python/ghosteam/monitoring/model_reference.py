"""The reference of a model: what it learned from, what it said of rows that it did not learn from,
and what it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from ghosteam.documents.drift_reference import DriftReference
from ghosteam.learning.package import Predictor
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.drops import slices_kept
from ghosteam.monitoring.losses import losses_of
from ghosteam.monitoring.outcomes import errors_entry, outcome_entries
from ghosteam.monitoring.reference import build_reference
from ghosteam.monitoring.worth import worth_kept
from ghosteam.problem.spec import EVENT_TIME, Problem


def model_reference(
    problem: Problem,
    predictor: Predictor,
    train: pl.DataFrame,
    holdout: pl.DataFrame,
    *,
    outputs: Floats,
    importance: Mapping[str, float | None],
) -> DriftReference:
    """The reference of the model that was judged, which learned from ``train`` and gave ``outputs``
    ``(n_rows, n_outputs)`` on ``holdout``.
    """
    categorical = [name for name in problem.text_features if name in problem.logged_features]
    learned = predictor.predict_frame(train)
    reference = build_reference(
        train,
        numeric=[name for name in problem.logged_features if name not in categorical],
        categorical=categorical,
        event_time=EVENT_TIME if problem.timed else None,
        window=problem.watch.window.longest,
        detectors=problem.watch.detectors,
        outputs=dict(zip(problem.outputs, outputs.T, strict=True)),
        scored=holdout,
        in_sample=dict(zip(problem.outputs, learned.T, strict=True)),
        importance=importance,
    )
    outcomes = outcome_entries(problem, train, learned, holdout, outputs)
    labels = outcomes[f"outcome {problem.target.name}"]["noise"]
    errors = errors_entry(problem, train, learned, holdout, outputs, labels)
    losses = losses_of(problem, holdout, outputs, importance)
    slices = slices_kept(problem, holdout, outputs)
    worth = worth_kept(problem, holdout, outputs)
    return replace(
        reference, outcomes=outcomes, losses=losses, errors=errors, slices=slices, worth=worth
    )
