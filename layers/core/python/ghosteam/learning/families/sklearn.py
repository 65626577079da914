"""scikit-learn's histogram gradient boosting. It reports no rounds: its trials are not pruned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ghosteam.learning.encoder import Matrix
from ghosteam.learning.families._skops import SkopsModel
from ghosteam.learning.families.family import (
    MAX_ROUNDS,
    PATIENCE,
    FittedModel,
    OnRound,
    Params,
    Split,
)

if TYPE_CHECKING:
    import optuna

# What these models consist of beside the types that skops trusts by itself.
_TRUSTED = (
    "functools.partial",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)


class Sklearn:
    """See :class:`~ghosteam.learning.families.family.Family`."""

    name = "sklearn"
    file_name = "model.skops"
    distribution = "scikit-learn"
    reads_others_versions = False
    default: Params = {
        "learning_rate": 0.08,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 100,
        "max_features": 0.8,
        "l2_regularization": 1.0,
    }

    def suggest(self, trial: optuna.Trial) -> Params:
        return {
            "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
            "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 7, 127, log=True),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 20, 500, log=True),
            "max_features": trial.suggest_float("max_features", 0.5, 1.0),
            "l2_regularization": trial.suggest_float("l2_regularization", 0.01, 50.0, log=True),
        }

    def fit(
        self, params: Params, train: Split, validation: Split, *, seed: int, on_round: OnRound
    ) -> FittedModel:
        stopping = {"early_stopping": True, "n_iter_no_change": PATIENCE, "max_iter": MAX_ROUNDS}
        model = self._model(params, train, seed, stopping)
        # It cannot judge a class that it has no row to learn from.
        known = np.isin(validation.y, train.y) | (train.task == "regression")
        model.fit(
            _filled(train.x),
            train.y,
            sample_weight=train.weights,
            X_val=validation.x[known],
            y_val=validation.y[known],
        )
        # validation_score_[0] is the score before the first round; scores are negative losses.
        best = max(1, int(np.argmax(model.validation_score_)))
        return SkopsModel(model, rounds=best, classes=train.classes)

    def refit(self, params: Params, train: Split, *, rounds: int, seed: int) -> FittedModel:
        model = self._model(params, train, seed, {"early_stopping": False, "max_iter": rounds})
        model.fit(_filled(train.x), train.y, sample_weight=train.weights)
        return SkopsModel(model, rounds=rounds, classes=train.classes)

    def load(self, path: Path) -> FittedModel:
        return SkopsModel.load(path, trusted=_TRUSTED, rounds=lambda model: model.n_iter_)

    @staticmethod
    def _model(params: Params, split: Split, seed: int, stopping: Params) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        settings = {
            "categorical_features": np.array(split.categorical),
            "random_state": seed,
            **params,
            **stopping,
        }
        if split.task != "regression":
            return HistGradientBoostingClassifier(**settings)
        return HistGradientBoostingRegressor(loss=f"{split.errors}_error", **settings)


def _filled(x: Matrix) -> Matrix:
    """Columns without any value are constant: scikit-learn finds no bins for them, and no tree asks
    about a constant.
    """
    return np.where(np.isnan(x).all(axis=0), 0.0, x)


MEMBER = Sklearn()
