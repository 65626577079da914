"""Logistic or ridge regression: numbers imputed and scaled, a column for each category."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ghosteam.learning.families._skops import SkopsModel
from ghosteam.learning.families.family import FittedModel, OnRound, Params, Split

if TYPE_CHECKING:
    import optuna

_MOST_STEPS = 500


class Linear:
    """See :class:`~ghosteam.learning.families.family.Family`.

    Its encoding is learned with the model and travels in its file. Errors are squared: by
    absolute ones a fit is a linear program of all rows.
    """

    name = "linear"
    file_name = "model.skops"
    distribution = "scikit-learn"
    reads_others_versions = False
    default: Params = {"penalty": 1.0}

    def suggest(self, trial: optuna.Trial) -> Params:
        return {"penalty": trial.suggest_float("penalty", 1e-3, 1e3, log=True)}

    def fit(
        self, params: Params, train: Split, validation: Split, *, seed: int, on_round: OnRound
    ) -> FittedModel:
        return self.refit(params, train, rounds=1, seed=seed)

    def refit(self, params: Params, train: Split, *, rounds: int, seed: int) -> FittedModel:
        from sklearn.linear_model import LogisticRegression, Ridge

        model: Any = (
            Ridge(alpha=params["penalty"])
            if train.task == "regression"
            else LogisticRegression(C=1 / params["penalty"], max_iter=_MOST_STEPS)
        )
        return SkopsModel.fit_encoded(_encoding(train.categorical), model, train, rounds=1)

    def load(self, path: Path) -> FittedModel:
        return SkopsModel.load(path, trusted=("numpy.dtype",), rounds=lambda _: 1)


def _encoding(categorical: tuple[bool, ...]) -> Any:
    """A missing number is the median and marked as missing; a missing category is one more; a
    category that training did not see is none of the columns.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    is_category = np.array(categorical, dtype=bool)
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    return ColumnTransformer(
        [
            ("numbers", numbers, np.flatnonzero(~is_category).tolist()),
            (
                "categories",
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                np.flatnonzero(is_category).tolist(),
            ),
        ]
    )


MEMBER = Linear()
