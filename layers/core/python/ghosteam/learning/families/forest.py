"""scikit-learn's random forest: trees on category codes, missing values sent to the better side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ghosteam.learning.families._skops import SkopsModel
from ghosteam.learning.families.family import FittedModel, OnRound, Params, Split

if TYPE_CHECKING:
    import optuna

_TREES = 100


class Forest:
    """See :class:`~ghosteam.learning.families.family.Family`.

    Errors are squared: by absolute ones a split takes a time that grows with the square of the
    rows.
    """

    name = "forest"
    file_name = "model.skops"
    distribution = "scikit-learn"
    reads_others_versions = False
    default: Params = {"min_samples_leaf": 20, "max_features": 0.4}

    def suggest(self, trial: optuna.Trial) -> Params:
        return {
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 5, 200, log=True),
            "max_features": trial.suggest_float("max_features", 0.1, 1.0),
        }

    def fit(
        self, params: Params, train: Split, validation: Split, *, seed: int, on_round: OnRound
    ) -> FittedModel:
        return self.refit(params, train, rounds=_TREES, seed=seed)

    def refit(self, params: Params, train: Split, *, rounds: int, seed: int) -> FittedModel:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestRegressor if train.task == "regression" else RandomForestClassifier
        estimator = kind(n_estimators=rounds, random_state=seed, **params)
        estimator.fit(train.x, train.y, sample_weight=train.weights)
        return SkopsModel(estimator, rounds=rounds, classes=train.classes)

    def load(self, path: Path) -> FittedModel:
        return SkopsModel.load(
            path, trusted=("sklearn.tree._tree.Tree",), rounds=lambda found: len(found.estimators_)
        )


MEMBER = Forest()
