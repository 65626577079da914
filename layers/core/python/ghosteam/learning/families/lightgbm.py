"""LightGBM: gradient boosting; categories are split natively."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ghosteam.learning.encoder import Matrix
from ghosteam.learning.families._objective import objective
from ghosteam.learning.families.family import (
    MAX_ROUNDS,
    PATIENCE,
    FittedModel,
    OnRound,
    Params,
    Split,
)
from ghosteam.metrics.metric import Floats

if TYPE_CHECKING:
    import optuna

_OBJECTIVES = {
    "binary": {"objective": "binary", "metric": "binary_logloss"},
    "multiclass": {"objective": "multiclass", "metric": "multi_logloss"},
    "regression": {"objective": "regression", "metric": "rmse"},
    "absolute": {"objective": "regression_l1", "metric": "l1"},
}


class LightGbm:
    """See :class:`~ghosteam.learning.families.family.Family`."""

    name = "lightgbm"
    file_name = "model.txt"
    distribution = "lightgbm"
    reads_others_versions = True
    default: Params = {
        "learning_rate": 0.05,
        "num_leaves": 31,
        "min_child_samples": 100,
        "feature_fraction": 0.8,
        "lambda_l2": 1.0,
    }

    def suggest(self, trial: optuna.Trial) -> Params:
        return {
            "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
            "num_leaves": trial.suggest_int("num_leaves", 7, 127, log=True),
            "min_child_samples": trial.suggest_int("min_child_samples", 20, 500, log=True),
            "feature_fraction": trial.suggest_float("feature_fraction", 0.5, 1.0),
            "lambda_l2": trial.suggest_float("lambda_l2", 0.01, 50.0, log=True),
        }

    def fit(
        self, params: Params, train: Split, validation: Split, *, seed: int, on_round: OnRound
    ) -> FittedModel:
        import lightgbm as lgb

        def report(env: Any) -> None:
            on_round(env.iteration, env.evaluation_result_list[0][2])

        data = self._data(train)
        booster = lgb.train(
            self._settings(params, train, seed),
            data,
            num_boost_round=MAX_ROUNDS,
            valid_sets=[data.create_valid(validation.x, label=validation.y)],
            callbacks=[lgb.early_stopping(PATIENCE, verbose=False), report],
        )
        return _LightGbmModel(booster, booster.best_iteration)

    def refit(self, params: Params, train: Split, *, rounds: int, seed: int) -> FittedModel:
        import lightgbm as lgb

        return _LightGbmModel(
            lgb.train(
                self._settings(params, train, seed), self._data(train), num_boost_round=rounds
            ),
            rounds,
        )

    def load(self, path: Path) -> FittedModel:
        import lightgbm as lgb

        booster = lgb.Booster(model_file=str(path))
        return _LightGbmModel(booster, booster.current_iteration())

    @staticmethod
    def _settings(params: Params, split: Split, seed: int) -> dict[str, object]:
        fixed = {
            **objective(_OBJECTIVES, split),
            "verbosity": -1,
            "seed": seed,
            "deterministic": True,
        }
        return {**fixed, "force_col_wise": True, **params}

    @staticmethod
    def _data(split: Split) -> Any:
        import lightgbm as lgb

        return lgb.Dataset(
            split.x,
            label=split.y,
            weight=split.weights,
            categorical_feature=np.flatnonzero(split.categorical).tolist(),
        )


class _LightGbmModel:
    def __init__(self, booster: Any, rounds: int) -> None:
        self._booster, self.rounds = booster, rounds

    def predict(self, x: Matrix) -> Floats:
        return np.asarray(self._booster.predict(x, num_iteration=self.rounds)).reshape(len(x), -1)

    def save(self, path: Path) -> None:
        self._booster.save_model(str(path), num_iteration=self.rounds)


MEMBER = LightGbm()
