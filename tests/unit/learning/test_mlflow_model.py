"""A package laid down with its description is a model that MLflow loads and asks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pytest
from mlflow.models import Model

from ghosteam.learning.archive import MANIFEST
from ghosteam.learning.mlflow_model import PACKAGE, description
from ghosteam.learning.package import load_model, save_model
from tests.learning_builders import encoder_for, manifest, predictor, rows

FRAME = rows(600)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    trained = predictor(FRAME)
    example = {"line": "red", "wind": 1.5}
    save_model(tmp_path / PACKAGE, manifest(encoder_for(FRAME), example=example), trained._model)
    document = json.loads((tmp_path / PACKAGE / MANIFEST).read_text())
    texts = description(
        document, version="3.0", mlflow_run="m1", made_at=datetime(2024, 1, 1, tzinfo=UTC)
    )
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_mlflow_predicts_what_the_endpoint_does(model: Path) -> None:
    some = FRAME.head(30).select("line", "wind")
    found = mlflow.pyfunc.load_model(str(model)).predict(some.to_pandas())
    assert list(found.columns) == ["late"]
    expected = load_model(model / PACKAGE).predict(some.to_dicts())
    np.testing.assert_allclose(found.to_numpy(), expected)


def test_the_model_has_a_signature_and_an_example_that_it_takes(model: Path) -> None:
    described = Model.load(str(model))
    assert described.signature is not None
    assert described.signature.inputs.input_names() == ["line", "wind"]
    assert [column.required for column in described.signature.inputs] == [False, False]
    assert described.signature.outputs.input_names() == ["late"]
    example = described.load_input_example(str(model))
    assert example.to_dict("records") == [{"line": "red", "wind": 1.5}]
    assert 0 < mlflow.pyfunc.load_model(str(model)).predict(example)["late"][0] < 1
    assert "lightgbm==" in (model / "requirements.txt").read_text()
