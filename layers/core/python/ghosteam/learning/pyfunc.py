"""Packages as MLflow reads them: ``mlflow.pyfunc.load_model`` finds :func:`_load_pyfunc` here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.json_object import JsonObject
from ghosteam.learning.package import Predictor, load_model

if TYPE_CHECKING:
    import pandas as pd


class PyfuncModel:
    """What MLflow calls."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def predict(self, frame: pd.DataFrame, params: JsonObject | None = None) -> pd.DataFrame:
        """A column for each output, a row for each of ``frame``, which has a column for each
        feature. Raises InvalidInput for one that is missing.
        """
        features = [name for name in self._predictor.manifest.features if name in frame.columns]
        outputs = self._predictor.predict_frame(pl.from_pandas(frame[features]))
        names = self._predictor.manifest.outputs
        return pl.DataFrame(outputs, schema=list(names)).to_pandas()


def _load_pyfunc(path: str) -> PyfuncModel:
    """The package in the folder ``path``."""
    return PyfuncModel(load_model(Path(path)))
