"""Search a family's parameters on rows later in time than those it learns from, then fit the best
on all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.documents.undetermined import Undetermined
from ghosteam.errors import InvalidInput
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families import Family, Model, Params, Split
from ghosteam.learning.metrics import Value, log_loss, measure
from ghosteam.problem.spec import EVENT_TIME

if TYPE_CHECKING:
    import optuna

VALIDATION_SHARE = 0.2
MIN_ROWS = 100
_KNOWN_AT, _TARGET = "known_at", "target"
_STARTUP_TRIALS = 3


@dataclass(frozen=True)
class Found:
    """The best parameters, their metrics on the validation rows, and the model fitted with them on
    all rows.
    """

    params: Params
    validation: Mapping[str, Value]
    trials: int
    pruned: int
    model: Model


def split_by_time(
    frame: pl.DataFrame, *, share: float = VALIDATION_SHARE
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The earlier rows to learn from and the last ``share`` of the rows to validate on.

    A row whose outcome became known only after the first validation row's time is in neither: at
    that moment nobody could have learned from it.

    Raises:
        InvalidInput: one of the two parts has fewer than 100 rows or only one class.
    """
    cut = frame.get_column(EVENT_TIME).quantile(1 - share, interpolation="higher")
    validation = frame.filter(pl.col(EVENT_TIME) >= cut)
    train = frame.filter(pl.col(EVENT_TIME) < cut, pl.col(_KNOWN_AT) <= cut)
    for name, part in (("to learn from", train), ("to validate on", validation)):
        if part.height < MIN_ROWS or part.get_column(_TARGET).n_unique() < 2:
            raise InvalidInput(
                f"There are {part.height} rows {name} with {part.get_column(_TARGET).n_unique()} "
                "classes",
                where={"rows": frame.height},
                remedy=f"Widen retrain.train_window: each part needs {MIN_ROWS} rows of both "
                "classes",
            )
    return train, validation


def encode(frame: pl.DataFrame, encoder: Encoder) -> Split:
    """A training frame's features and target as matrices."""
    return Split(encoder.from_frame(frame), _target(frame), encoder.is_categorical)


def search(
    family: Family,
    frame: pl.DataFrame,
    encoder: Encoder,
    *,
    trials: int,
    seconds: float,
    clock: Callable[[], float],
    seed: int = 0,
    progress: Callable[[str], None] = print,
) -> Found:
    """Find parameters by Optuna's TPE within ``trials`` and ``seconds``, whichever ends first; the
    first trial is the default.

    A trial minimises the validation log loss: as a proper score it rewards ranking and calibration,
    and the gates measure both. Trials that fall behind the median at the same round are pruned.
    ``seconds`` by ``clock`` end the search between trials; at least one trial always runs.
    ``frame`` needs the features, ``event_time``, ``known_at`` and ``target``.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    earlier, later = split_by_time(frame)
    train, validation = encode(earlier, encoder), encode(later, encoder)
    best: tuple[float, Params, Model] | None = None

    def objective(trial: optuna.Trial) -> float:
        nonlocal best

        def on_round(step: int, loss: float) -> None:
            trial.report(loss, step)
            if trial.should_prune():
                raise optuna.TrialPruned

        params = family.suggest(trial)
        model = family.fit(params, train, validation, seed=seed, on_round=on_round)
        loss = log_loss(validation.y, model.predict_proba(validation.x))
        assert not isinstance(loss, Undetermined)
        if best is None or loss < best[0]:
            best = (loss, params, model)
        return loss

    def report(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        outcome = "pruned" if trial.value is None else f"validation log loss {trial.value:.5f}"
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
    assert best is not None
    _, params, model = best
    pruned = sum(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials)
    started = clock()
    final = family.refit(params, encode(frame, encoder), rounds=model.rounds, seed=seed)
    progress(
        f"{family.name}: fitted {final.rounds} rounds on all {frame.height} rows in "
        f"{clock() - started:.1f} s"
    )
    return Found(
        params,
        measure(validation.y, model.predict_proba(validation.x)),
        len(study.trials),
        pruned,
        final,
    )


def _target(frame: pl.DataFrame) -> NDArray[np.float64]:
    values: NDArray[Any] = frame.get_column(_TARGET).cast(pl.Float64).to_numpy()
    return values
