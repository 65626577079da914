"""scikit-learn's random forest: a column for each of the most frequent categories, missing numbers
sent to the better side.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ghosteam.learning.families._skops import SkopsModel
from ghosteam.learning.families.family import FittedModel, OnRound, Params, Split

if TYPE_CHECKING:
    import optuna

_TREES = 100
_COLUMNS = 32
"""Of a category's codes; the rarer ones share the last column. Each makes all trees slower."""


class Forest:
    """See :class:`~ghosteam.learning.families.family.Family`.

    Its encoding is learned with the model and travels in its file. Trees of scikit-learn know
    numbers alone, and codes are in the order of the alphabet: a cut between two of them means
    nothing. Columns ask nothing of the outcomes, so that a rare category does not give away its
    rows' own.

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
        model = kind(n_estimators=rounds, random_state=seed, **params)
        return SkopsModel.fit_encoded(_encoding(train.categorical), model, train, rounds=rounds)

    def load(self, path: Path) -> FittedModel:
        return SkopsModel.load(
            path, trusted=("numpy.dtype", "sklearn.tree._tree.Tree"), rounds=_trees
        )


def _encoding(categorical: tuple[bool, ...]) -> Any:
    """Numbers stay; a missing category is one more; one that training did not see counts as a rare
    one, or as none of the columns where there are no rare ones.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder

    is_category = np.array(categorical, dtype=bool)
    columns = OneHotEncoder(
        max_categories=_COLUMNS, handle_unknown="infrequent_if_exist", sparse_output=False
    )
    return ColumnTransformer(
        [
            ("numbers", "passthrough", np.flatnonzero(~is_category).tolist()),
            ("categories", columns, np.flatnonzero(is_category).tolist()),
        ]
    )


def _trees(found: Any) -> int:
    """A forest of before it had an encoding stands in its file by itself."""
    steps = getattr(found, "steps", [("forest", found)])
    return len(steps[-1][1].estimators_)


MEMBER = Forest()
