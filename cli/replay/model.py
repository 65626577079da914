"""A model of a moment, made by the loop's own code with a small search."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from cli.problem_check.local_training import BestModel, choose
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.documents.manifest import Manifest
from ghosteam.features.split import Spans, split
from ghosteam.learning.holdout import Holdout
from ghosteam.learning.importance import importance
from ghosteam.learning.package import Predictor
from ghosteam.learning.refit import fitted_again
from ghosteam.metrics.metric import measure
from ghosteam.monitoring.earned import brought
from ghosteam.monitoring.model_reference import model_reference
from ghosteam.problem.spec import Problem
from ghosteam.retraining.readiness import Ready
from ghosteam.retraining.replay.history import Learned


@dataclass(frozen=True)
class Model:
    """``learned`` says when and how good it is; ``serves`` answers; ``reference``: what windows are
    compared with.
    """

    learned: Learned
    serves: Predictor
    reference: DriftReference


def make_model(
    problem: Problem, known: pl.DataFrame, as_of: datetime, ready: Ready, *, trials: int
) -> Model:
    """What a run as of a moment would have made of the rows that were ``known`` then: the best of
    all families by its validation rows, judged on the hold-out, and fitted again with it where
    ``model.refit`` says so.

    Raises:
        InvalidInput: there are too few rows or outcomes to learn from.
    """
    spans = Spans(ready.train_start, ready.holdout_start, ready.holdout_end)
    train, holdout, since = split(known, spans, problem=problem)
    chosen = choose(problem, train, trials=trials, seconds=math.inf)
    manifest = _manifest(problem, chosen, train.height, ready)
    judged = serves = Predictor(manifest, chosen.found.model)
    if problem.model.refit:
        rows, end = pl.concat([train, since, holdout]), ready.holdout_end.isoformat()
        serves = Predictor(*fitted_again(manifest, rows, problem, train_end=end))
    held_out = Holdout.of(holdout, problem)
    outputs, name = judged.predict_frame(holdout), problem.promote.metric
    threshold = problem.decide.threshold
    used = importance(judged, holdout, held_out.target, metric=name, threshold=threshold)
    reference = model_reference(problem, judged, train, holdout, outputs=outputs, importance=used)
    worth = None
    got = brought(problem, held_out.target, outputs, holdout)
    if got is not None and not held_out.too_small and not np.isnan(got).all():
        worth = float(np.nanmean(got))
    learned = Learned(
        as_of,
        ready.holdout_start,
        held_out.too_small or measure(name, held_out.target, outputs, threshold=threshold),
        worth,
    )
    return Model(learned, serves, reference)


def _manifest(problem: Problem, chosen: BestModel, rows: int, ready: Ready) -> Manifest:
    found = chosen.found
    return Manifest(
        problem=problem.problem,
        run_id="replay",
        family=chosen.family,
        task=problem.task,
        classes=problem.target.classes,
        outputs=problem.outputs,
        calibration=found.calibration,
        features=chosen.encoder.features,
        categories=chosen.encoder.categories,
        params=found.params,
        rounds=found.model.rounds,
        validation={},
        train_start=ready.train_start.isoformat(),
        train_end=ready.holdout_start.isoformat(),
        rows=rows,
        fingerprint="",
        mlflow_run_id=None,
    )
