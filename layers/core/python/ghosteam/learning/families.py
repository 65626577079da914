"""Model families behind one protocol: what to search, how to fit, predict, save and load.

Matrices are ``(n_rows, n_features)`` float64 with NaN for missing and category codes in categorical
columns, as :mod:`ghosteam.learning.encoder` makes them; targets are ``(n_rows,)`` of 0 and 1.
Libraries are imported by the family that needs them: a serving process holds one model and pays for
one library.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ghosteam.errors import Defect
from ghosteam.learning.encoder import Matrix

if TYPE_CHECKING:
    import optuna

Params = Mapping[str, Any]
OnRound = Callable[[int, float], None]
"""Told the round and the validation log loss; may raise to stop a hopeless fit."""

MAX_ROUNDS = 400
PATIENCE = 25
"""Rounds without a better validation log loss after which a fit stops."""


@dataclass(frozen=True)
class Split:
    """Rows to learn from: ``x`` ``(n_rows, n_features)``, ``y`` ``(n_rows,)``, which columns hold
    category codes.
    """

    x: Matrix
    y: NDArray[np.float64]
    categorical: tuple[bool, ...]


class Model(Protocol):
    """A fitted model. ``rounds``: boosting rounds it uses."""

    rounds: int

    def predict_proba(self, x: Matrix) -> NDArray[np.float64]:
        """Probability of 1 for each row, ``(n_rows,)``."""

    def save(self, path: Path) -> None:
        """Write the model to one file."""


class Family(Protocol):
    """A kind of model. ``file_name``: what its model file is called; ``library``: the package that
    reads it.
    """

    name: str
    file_name: str
    library: str
    default: Params

    def suggest(self, trial: optuna.Trial) -> Params:
        """One point of the search space."""

    def fit(
        self, params: Params, train: Split, validation: Split, *, seed: int, on_round: OnRound
    ) -> Model:
        """Fit, stopping early on the validation rows' log loss."""

    def refit(self, params: Params, train: Split, *, rounds: int, seed: int) -> Model:
        """Fit exactly ``rounds`` rounds."""

    def load(self, path: Path) -> Model:
        """Read what :meth:`Model.save` wrote."""


class LightGbm:
    """Gradient boosting by LightGBM; categories are split natively."""

    name = "lightgbm"
    file_name = "model.txt"
    library = "lightgbm"
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
    ) -> Model:
        import lightgbm as lgb

        def report(env: Any) -> None:
            on_round(env.iteration, env.evaluation_result_list[0][2])

        data = self._data(train)
        booster = lgb.train(
            self._settings(params, seed),
            data,
            num_boost_round=MAX_ROUNDS,
            valid_sets=[data.create_valid(validation.x, label=validation.y)],
            callbacks=[lgb.early_stopping(PATIENCE, verbose=False), report],
        )
        return _LightGbmModel(booster, booster.best_iteration)

    def refit(self, params: Params, train: Split, *, rounds: int, seed: int) -> Model:
        import lightgbm as lgb

        return _LightGbmModel(
            lgb.train(self._settings(params, seed), self._data(train), num_boost_round=rounds),
            rounds,
        )

    def load(self, path: Path) -> Model:
        import lightgbm as lgb

        booster = lgb.Booster(model_file=str(path))
        return _LightGbmModel(booster, booster.current_iteration())

    @staticmethod
    def _settings(params: Params, seed: int) -> dict[str, Any]:
        fixed = {
            "objective": "binary",
            "metric": "binary_logloss",
            "verbosity": -1,
            "seed": seed,
            "deterministic": True,
        }
        return {**fixed, "force_col_wise": True, **params}

    @staticmethod
    def _data(split: Split) -> Any:
        import lightgbm as lgb

        return lgb.Dataset(
            split.x, label=split.y, categorical_feature=np.flatnonzero(split.categorical).tolist()
        )


class _LightGbmModel:
    def __init__(self, booster: Any, rounds: int) -> None:
        self._booster, self.rounds = booster, rounds

    def predict_proba(self, x: Matrix) -> NDArray[np.float64]:
        return np.asarray(self._booster.predict(x, num_iteration=self.rounds))

    def save(self, path: Path) -> None:
        self._booster.save_model(str(path), num_iteration=self.rounds)


class XgBoost:
    """Gradient boosting by XGBoost's histogram method; categories are split natively."""

    name = "xgboost"
    file_name = "model.ubj"
    library = "xgboost"
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
    ) -> Model:
        import xgboost as xgb

        class Report(xgb.callback.TrainingCallback):  # type: ignore[misc]
            def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
                on_round(epoch, evals_log["validation"]["logloss"][-1])
                return False

        booster = xgb.train(
            self._settings(params, seed),
            self._data(train),
            num_boost_round=MAX_ROUNDS,
            evals=[(self._data(validation), "validation")],
            early_stopping_rounds=PATIENCE,
            callbacks=[Report()],
            verbose_eval=False,
        )
        return _XgBoostModel(booster[: booster.best_iteration + 1])

    def refit(self, params: Params, train: Split, *, rounds: int, seed: int) -> Model:
        import xgboost as xgb

        return _XgBoostModel(
            xgb.train(self._settings(params, seed), self._data(train), num_boost_round=rounds)
        )

    def load(self, path: Path) -> Model:
        import xgboost as xgb

        return _XgBoostModel(xgb.Booster(model_file=str(path)))

    @staticmethod
    def _settings(params: Params, seed: int) -> dict[str, Any]:
        fixed = {
            "objective": "binary:logistic",
            "eval_metric": "logloss",
            "tree_method": "hist",
            "seed": seed,
        }
        return {**fixed, "max_cat_to_onehot": 4, **params}

    @staticmethod
    def _data(split: Split) -> Any:
        import xgboost as xgb

        kinds = ["c" if is_category else "q" for is_category in split.categorical]
        return xgb.DMatrix(split.x, label=split.y, feature_types=kinds, enable_categorical=True)


class _XgBoostModel:
    def __init__(self, booster: Any) -> None:
        self._booster = booster
        self.rounds: int = booster.num_boosted_rounds()

    def predict_proba(self, x: Matrix) -> NDArray[np.float64]:
        return np.asarray(
            self._booster.inplace_predict(x, validate_features=False), dtype=np.float64
        )

    def save(self, path: Path) -> None:
        self._booster.save_model(str(path))


# What a HistGradientBoostingClassifier consists of beside the types that skops trusts by itself.
_TRUSTED = [
    "functools.partial",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
]


class Sklearn:
    """scikit-learn's histogram gradient boosting. It reports no rounds, so its trials are never
    pruned.
    """

    name = "sklearn"
    file_name = "model.skops"
    library = "sklearn"
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
    ) -> Model:
        stopping = {"early_stopping": True, "n_iter_no_change": PATIENCE, "max_iter": MAX_ROUNDS}
        model = self._model(params, train, seed, stopping)
        model.fit(train.x, train.y, X_val=validation.x, y_val=validation.y)
        # validation_score_[0] is the score before the first round; scores are negative losses.
        best = max(1, int(np.argmax(model.validation_score_)))
        return _SklearnModel(model, best)

    def refit(self, params: Params, train: Split, *, rounds: int, seed: int) -> Model:
        model = self._model(params, train, seed, {"early_stopping": False, "max_iter": rounds})
        return _SklearnModel(model.fit(train.x, train.y), rounds)

    def load(self, path: Path) -> Model:
        """Raises Defect for a file that holds anything but this model's own types: reading it runs
        nothing else.
        """
        import skops.io
        from skops.io.exceptions import UntrustedTypesFoundException

        try:
            model = skops.io.load(path, trusted=_TRUSTED)
        except UntrustedTypesFoundException as error:
            raise Defect(
                f"The model file holds types that no model of this family has: {error}",
                where={"file": path.name},
                remedy="Find out who wrote it; train again",
            ) from error
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            where = {"file": path.name}
            raise Defect(
                f"The model file cannot be read: {error}",
                where=where,
                remedy="Fetch the package again",
            ) from error
        return _SklearnModel(model, model.n_iter_)

    @staticmethod
    def _model(params: Params, split: Split, seed: int, stopping: Params) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(
            categorical_features=np.array(split.categorical),
            random_state=seed,
            **params,
            **stopping,
        )


class _SklearnModel:
    """``rounds`` is the best number of rounds; a model that stopped early predicts with all that it
    has.
    """

    def __init__(self, model: Any, rounds: int) -> None:
        self._model, self.rounds = model, rounds

    def predict_proba(self, x: Matrix) -> NDArray[np.float64]:
        return np.asarray(self._model.predict_proba(x)[:, 1])

    def save(self, path: Path) -> None:
        import skops.io

        skops.io.dump(self._model, path)


_FAMILIES: tuple[Family, ...] = (LightGbm(), XgBoost(), Sklearn())
FAMILIES: Mapping[str, Family] = {family.name: family for family in _FAMILIES}


def find_family(name: str) -> Family:
    """The family called ``name``. Raises Defect when there is none: the problem's specification
    allows only known ones.
    """
    if name not in FAMILIES:
        raise Defect(
            f"There is no model family {name!r}", remedy=f"Families are {', '.join(FAMILIES)}"
        )
    return FAMILIES[name]
