"""XGBoost: gradient boosting by its histogram method; categories are split natively."""

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
    "binary": {"objective": "binary:logistic", "eval_metric": "logloss"},
    "multiclass": {"objective": "multi:softprob", "eval_metric": "mlogloss"},
    "regression": {"objective": "reg:squarederror", "eval_metric": "rmse"},
    "absolute": {"objective": "reg:absoluteerror", "eval_metric": "mae"},
}


class XgBoost:
    """See :class:`~ghosteam.learning.families.family.Family`."""

    name = "xgboost"
    file_name = "model.ubj"
    distribution = "xgboost-cpu"
    reads_others_versions = True
    default: Params = {
        "learning_rate": 0.08,
        "max_depth": 6,
        "min_child_weight": 20.0,
        "colsample_bytree": 0.8,
        "reg_lambda": 1.0,
    }

    def suggest(self, trial: optuna.Trial) -> Params:
        return {
            "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
            "max_depth": trial.suggest_int("max_depth", 3, 9),
            "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 200.0, log=True),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.5, 1.0),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.01, 50.0, log=True),
        }

    def fit(
        self, params: Params, train: Split, validation: Split, *, seed: int, on_round: OnRound
    ) -> FittedModel:
        import xgboost as xgb

        class Report(xgb.callback.TrainingCallback):  # type: ignore[misc]
            def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
                on_round(epoch, next(iter(evals_log["validation"].values()))[-1])
                return False

        booster = xgb.train(
            self._settings(params, train, seed),
            self._data(train),
            num_boost_round=MAX_ROUNDS,
            evals=[(self._data(validation), "validation")],
            early_stopping_rounds=PATIENCE,
            callbacks=[Report()],
            verbose_eval=False,
        )
        return _XgBoostModel(booster[: booster.best_iteration + 1])

    def refit(self, params: Params, train: Split, *, rounds: int, seed: int) -> FittedModel:
        import xgboost as xgb

        return _XgBoostModel(
            xgb.train(
                self._settings(params, train, seed), self._data(train), num_boost_round=rounds
            )
        )

    def load(self, path: Path) -> FittedModel:
        import xgboost as xgb

        return _XgBoostModel(xgb.Booster(model_file=str(path)))

    @staticmethod
    def _settings(params: Params, split: Split, seed: int) -> dict[str, object]:
        fixed = {
            **objective(_OBJECTIVES, split),
            "tree_method": "hist",
            "seed": seed,
        }
        return {**fixed, "max_cat_to_onehot": 4, **params}

    @staticmethod
    def _data(split: Split) -> Any:
        import xgboost as xgb

        kinds = ["c" if is_category else "q" for is_category in split.categorical]
        return xgb.DMatrix(
            split.x,
            label=split.y,
            weight=split.weights,
            feature_types=kinds,
            enable_categorical=True,
        )


class _XgBoostModel:
    def __init__(self, booster: Any) -> None:
        self._booster = booster
        self.rounds: int = booster.num_boosted_rounds()

    def predict(self, x: Matrix) -> Floats:
        found = self._booster.inplace_predict(x, validate_features=False)
        return np.asarray(found, dtype=np.float64).reshape(len(x), -1)

    def save(self, path: Path) -> None:
        self._booster.save_model(str(path))


MEMBER = XgBoost()
