"""Search a family's parameters on rows later in time than those it learns from, then fit the best
on all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.data.derive import KNOWN_AT, TARGET, WEIGHT
from ghosteam.errors import InvalidInput
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families.family import Family, FittedModel, Params, Split
from ghosteam.metrics.metric import Floats, Value, measure
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.tasks.task import Calibration
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    import optuna

VALIDATION_SHARE = 0.2
MIN_ROWS = 100
_STARTUP_TRIALS = 3


@dataclass(frozen=True)
class Found:
    """The best parameters, their metrics on the validation rows, and the model fitted with them on
    all rows. ``calibration``: what the task needs to finish its outputs, from the validation rows.
    """

    params: Params
    validation: Mapping[str, Value]
    trials: int
    pruned: int
    model: FittedModel
    calibration: Calibration


def split_by_time(
    frame: pl.DataFrame, *, share: float = VALIDATION_SHARE
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The earlier rows to learn from and the last ``share`` of the rows to validate on.

    A row whose outcome became known only after the first validation row's time is in neither: at
    that moment nobody could have learned from it.

    Raises:
        InvalidInput: one of the two parts has fewer than 100 rows or only one outcome.
    """
    cut = frame.get_column(EVENT_TIME).quantile(1 - share, interpolation="higher")
    validation = frame.filter(pl.col(EVENT_TIME) >= cut)
    train = frame.filter(pl.col(EVENT_TIME) < cut, pl.col(KNOWN_AT) <= cut)
    for name, part in (("to learn from", train), ("to validate on", validation)):
        if part.height < MIN_ROWS or part.get_column(TARGET).n_unique() < 2:
            raise InvalidInput(
                f"There are {part.height} rows {name} with {part.get_column(TARGET).n_unique()} "
                "different outcomes",
                where={"rows": frame.height},
                remedy=f"Widen retrain.train_window: each part needs {MIN_ROWS} rows and two "
                "outcomes",
            )
    return train, validation


def encode(frame: pl.DataFrame, encoder: Encoder, problem: Problem) -> Split:
    """A training frame's features and target as matrices. Rows without a weight above 0 are left
    out, where the problem has weights; their mean is 1.
    """
    weights = None
    if problem.model.weight:
        frame = frame.filter(pl.col(WEIGHT) > 0)
        weights = (frame.get_column(WEIGHT) / frame.get_column(WEIGHT).mean()).to_numpy()
    return Split(
        encoder.from_frame(frame),
        _target(frame),
        encoder.is_categorical,
        problem.task,
        problem.kind.class_count(problem.target.classes),
        weights,
    )


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
) -> Found:
    """Find parameters by Optuna's TPE within ``trials`` and ``seconds``, whichever ends first; the
    first trial is the default.

    A trial minimises the task's loss on the validation rows: log loss, a proper score, rewards
    ranking and calibration, and the gates measure both. Trials that fall behind the median at the
    same round are pruned. ``seconds`` by ``clock`` end the search between trials; at least one
    trial always runs. ``frame`` needs the features, ``event_time``, ``known_at`` and ``target``.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    earlier, later = split_by_time(frame)
    train, validation = (encode(part, encoder, problem) for part in (earlier, later))
    task, best = problem.kind, _Best()

    def objective(trial: optuna.Trial) -> float:
        def on_round(step: int, loss: float) -> None:
            trial.report(loss, step)
            if trial.should_prune():
                raise optuna.TrialPruned

        params = family.suggest(trial)
        model = family.fit(params, train, validation, seed=seed, on_round=on_round)
        raw = model.predict(validation.x)
        loss = measure(task.loss, validation.y, raw)
        assert not isinstance(loss, Undetermined)
        if loss < best.loss:
            best.loss, best.params, best.model, best.raw = loss, params, model, raw
        return loss

    def report(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        outcome = "pruned" if trial.value is None else f"validation {task.loss} {trial.value:.5f}"
        progress(
            f"{family.name}: trial {trial.number + 1} of {trials}: {outcome}; best "
            f"{study.best_value:.5f}"
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
        best.params, encode(frame, encoder, problem), rounds=best.model.rounds, seed=seed
    )
    progress(
        f"{family.name}: fitted {final.rounds} rounds on all {frame.height} rows in "
        f"{clock() - started:.1f} s"
    )
    calibration = task.calibrate(best.raw, validation.y)
    outputs = task.finish(best.raw, calibration)
    return Found(
        best.params,
        {
            name: measure(name, validation.y, outputs, threshold=problem.decide.threshold)
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
