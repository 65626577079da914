"""Models of scikit-learn in files of skops, which reading runs nothing from."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ghosteam.errors import Defect
from ghosteam.learning.encoder import Matrix
from ghosteam.learning.families.family import Split
from ghosteam.metrics.metric import Floats


class SkopsModel:
    """An estimator, classifier or regressor. ``classes``: how many the task has, 0 for a
    regression; those that the estimator never saw get the probability 0.
    """

    def __init__(self, estimator: Any, *, rounds: int, classes: int) -> None:
        self._estimator, self.rounds, self._classes = estimator, rounds, classes

    def predict(self, x: Matrix) -> Floats:
        """See ``FittedModel``."""
        if not self._classes:
            return np.asarray(self._estimator.predict(x), np.float64).reshape(-1, 1)
        found = np.zeros((len(x), self._classes))
        found[:, self._estimator.classes_.astype(np.int64)] = self._estimator.predict_proba(x)
        return found[:, 1:] if self._classes == 2 else found

    def save(self, path: Path) -> None:
        """See ``FittedModel``."""
        import skops.io

        skops.io.dump({"estimator": self._estimator, "classes": self._classes}, path)

    @classmethod
    def fit_encoded(cls, encoding: Any, model: Any, split: Split, *, rounds: int) -> SkopsModel:
        """Fit ``model`` on what ``encoding``, a transformer that is learned with it and travels in
        its file, makes of the rows.
        """
        from sklearn.pipeline import make_pipeline

        estimator = make_pipeline(encoding, model)
        name = estimator.steps[-1][0]
        estimator.fit(split.x, split.y, **{f"{name}__sample_weight": split.weights})
        return cls(estimator, rounds=rounds, classes=split.classes)

    @classmethod
    def load(
        cls, path: Path, *, trusted: Sequence[str], rounds: Callable[[Any], int]
    ) -> SkopsModel:
        """Read what :meth:`save` wrote; ``rounds`` tells an estimator's.

        Raises Defect for a file that holds anything but ``trusted`` types and those that skops
        trusts by itself.
        """
        import skops.io
        from skops.io.exceptions import UntrustedTypesFoundException

        where = {"file": path.name}
        try:
            found = skops.io.load(path, trusted=list(trusted))
            return cls(
                found["estimator"], rounds=rounds(found["estimator"]), classes=found["classes"]
            )
        except UntrustedTypesFoundException as error:
            raise Defect(
                f"The model file holds types that no model of this family has: {error}",
                where=where,
                remedy="Find out who wrote it; train again",
            ) from error
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
            raise Defect(
                f"The model file cannot be read: {error}",
                where=where,
                remedy="Fetch the package again",
            ) from error
