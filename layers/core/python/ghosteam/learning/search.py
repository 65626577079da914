"""Search a family's parameters on rows later in time than those it learns from, or where events
have no time on others of them, then fit the best on all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ghosteam.data.derive import KNOWN_AT, TARGET, WEIGHT
from ghosteam.errors import InvalidInput
from ghosteam.features.hashed import drawn
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families.family import Family, FittedModel, Params, Split
from ghosteam.metrics.metric import METRICS, Floats, Metric, Value, measure
from ghosteam.problem.row_limits import MIN_PART_ROWS
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.tasks.task import Calibration
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    import optuna

VALIDATION_SHARE = 0.2
_ROOM = 1.2
"""A share that is drawn by hash is not exactly met."""
_STARTUP_TRIALS = 3


@dataclass(frozen=True)
class SearchResult:
    """The best parameters, their metrics on the validation rows, and the model fitted with them on
    all rows. ``calibration``: what the task needs to finish its outputs, from the validation rows.
    """

    params: Params
    validation: Mapping[str, Value]
    trials: int
    pruned: int
    model: FittedModel
    calibration: Calibration


def split_to_choose(frame: pl.DataFrame, problem: Problem) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows to learn from, and rows to validate on: the last ``VALIDATION_SHARE`` of them, or so
    many, drawn by a hash of the id, where events have no time or all the same. Rows that do not
    count are in neither.

    Raises:
        InvalidInput: one of the two parts has fewer than 100 rows or only one outcome.
    """
    frame = _that_count(frame, problem)
    by_time = problem.timed and frame.get_column(EVENT_TIME).n_unique() > 1
    train, validation = (
        _split_by_time(frame) if by_time else _split_by_hash(frame, problem.event_id)
    )
    for name, part in (("to learn from", train), ("to validate on", validation)):
        if part.height < MIN_PART_ROWS or part.get_column(TARGET).n_unique() < 2:
            more = "Widen retrain.train_window" if problem.timed else "Drop more rows"
            if weight := problem.model.weight:
                more += f", or give more of them a {weight} above 0"
            raise InvalidInput(
                f"There are {part.height} rows {name} with {part.get_column(TARGET).n_unique()} "
                "different outcomes",
                where={"rows": frame.height},
                remedy=f"{more}: each part needs {MIN_PART_ROWS} rows and two outcomes",
            )
    return train, validation


def _split_by_time(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A row whose outcome became known only after the first validation row's time is in neither: at
    that moment nobody could have learned from it.

    Rows that lie at few instants, such as one a year, are cut between two of them.
    """
    times = frame.get_column(EVENT_TIME)
    cut = times.quantile(1 - VALIDATION_SHARE, interpolation="higher")
    if cut == times.min():
        cut = times.filter(times > cut).min()  # type: ignore[assignment]
    validation = frame.filter(pl.col(EVENT_TIME) >= cut)
    return frame.filter(pl.col(EVENT_TIME) < cut, pl.col(KNOWN_AT) <= cut), validation


def validation_share(rows: int) -> float:
    """Which share of ``rows`` without a time validates: of few a larger one, so that both parts can
    be expected to have enough.
    """
    return min(0.5, max(VALIDATION_SHARE, _ROOM * MIN_PART_ROWS / max(1, rows)))


def _split_by_hash(
    frame: pl.DataFrame, event_id: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    validates = drawn(frame, event_id, validation_share(frame.height), purpose="validation")
    return frame.filter(~validates), frame.filter(validates)


def _that_count(frame: pl.DataFrame, problem: Problem) -> pl.DataFrame:
    """Rows with a weight above 0, where the problem has weights; else all."""
    return frame.filter(pl.col(WEIGHT) > 0) if problem.model.weight else frame


def encode(
    frame: pl.DataFrame, encoder: Encoder, problem: Problem, calibration: Calibration
) -> Split:
    """A training frame's features and target as matrices, outcomes as models learn them (see
    ``Task.learned``). Rows without a weight above 0 are left out, where the problem has weights;
    their mean is 1.
    """
    weights, frame = None, _that_count(frame, problem)
    if problem.model.weight:
        weights = (frame.get_column(WEIGHT) / frame.get_column(WEIGHT).mean()).to_numpy()
    return Split(
        encoder.from_frame(frame),
        problem.kind.learned(_target(frame), calibration),
        encoder.is_categorical,
        problem.kind.learns,
        problem.kind.class_count(problem.target.classes),
        weights,
        METRICS.find(problem.promote.metric).errors or "squared",
    )


def _chooses(problem: Problem, target: Floats) -> Metric:
    """By which metric trials are told apart: the one that candidates are judged by, where models
    can follow it and the outcomes ``target`` determine it; else the task's loss.
    """
    judge = METRICS.find(problem.promote.metric)
    said = np.zeros((len(target), len(problem.outputs)))
    if judge.errors is None or isinstance(measure(judge.name, target, said), Undetermined):
        return METRICS.find(problem.kind.loss)
    return judge


def search(
    family: Family,
    frame: pl.DataFrame,
    encoder: Encoder,
    *,
    problem: Problem,
    trials: int,
    seconds: float,
    clock: Callable[[], float],
    seed: int = 0,
    progress: Callable[[str], None] = print,
) -> SearchResult:
    """Find parameters by Optuna's TPE within ``trials`` and ``seconds``, whichever ends first; the
    first trial is the default.

    A trial is as good as its metric on the validation rows: of numbers the one that the gates look
    at, of probabilities log loss, a proper score, which rewards ranking and calibration, and the
    gates measure both. Trials that fall behind the median at the
    same round are pruned. ``seconds`` by ``clock`` end the search between trials; at least one
    trial always runs. ``frame`` needs the features and ``target``, and ``event_time`` and
    ``known_at``, or the columns of the id.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    earlier, later = split_to_choose(frame, problem)
    task, best = problem.kind, _Best()
    plain, came = task.plain(_target(earlier)), _target(later)
    train, validation = (encode(part, encoder, problem, plain) for part in (earlier, later))
    metric = _chooses(problem, came)

    def objective(trial: optuna.Trial) -> float:
        def on_round(step: int, loss: float) -> None:
            trial.report(loss, step)
            if trial.should_prune():
                raise optuna.TrialPruned

        params = family.suggest(trial)
        model = family.fit(params, train, validation, seed=seed, on_round=on_round)
        raw = model.predict(validation.x)
        value = measure(metric.name, came, task.finish(raw, plain))
        assert not isinstance(value, Undetermined)
        loss = -metric.sign * value
        if loss < best.loss:
            best.loss, best.params, best.model, best.raw = loss, params, model, raw
        return loss

    def report(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        outcome = (
            "pruned"
            if trial.value is None
            else f"validation {metric.name} {-metric.sign * trial.value:.5f}"
        )
        progress(
            f"{family.name}: trial {trial.number + 1} of {trials}: {outcome}; best "
            f"{-metric.sign * study.best_value:.5f}"
        )

    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=_STARTUP_TRIALS),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=30),
    )
    study.enqueue_trial(dict(family.default))
    started = clock()
    study.optimize(objective, n_trials=1, callbacks=[report])
    left = seconds - (clock() - started)
    if trials > 1 and left > 0:
        study.optimize(objective, n_trials=trials - 1, timeout=left, callbacks=[report])
    assert best.model is not None and best.raw is not None
    pruned = sum(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials)
    started = clock()
    final = family.refit(
        best.params, encode(frame, encoder, problem, plain), rounds=best.model.rounds, seed=seed
    )
    progress(
        f"{family.name}: fitted {final.rounds} rounds on all {frame.height} rows in "
        f"{clock() - started:.1f} s"
    )
    calibration = task.calibrate(best.raw, came, plain)
    outputs = task.finish(best.raw, calibration)
    return SearchResult(
        best.params,
        {
            name: measure(name, came, outputs, threshold=problem.decide.threshold)
            for name in problem.metrics
        },
        len(study.trials),
        pruned,
        final,
        calibration,
    )


@dataclass
class _Best:
    """The best trial so far. ``raw``: its model's answers on the validation rows."""

    loss: float = math.inf
    params: Params = field(default_factory=dict)
    model: FittedModel | None = None
    raw: Floats | None = None


def _target(frame: pl.DataFrame) -> Floats:
    values: Floats = frame.get_column(TARGET).cast(pl.Float64).to_numpy()
    return values
