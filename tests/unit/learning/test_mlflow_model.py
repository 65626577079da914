"""A package laid down with its description is a model that MLflow loads and asks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import polars as pl
import pytest
from mlflow.models import Model

from ghosteam.documents.manifest import Manifest
from ghosteam.errors import InvalidInput
from ghosteam.learning.archive import MANIFEST
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families.family import FAMILIES, FittedModel
from ghosteam.learning.mlflow_model import PACKAGE, description
from ghosteam.learning.package import load_model, save_model
from ghosteam.learning.search import encode
from tests.learning_builders import fitted, manifest, problem, rows

FRAME = rows(600)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return laid_down(tmp_path, *fitted(FRAME, example={"line": "red", "wind": 1.5}))


def laid_down(folder: Path, made: Manifest, model: FittedModel) -> Path:
    """The folder with an MLflow model of a package."""
    save_model(folder / PACKAGE, made, model)
    document = json.loads((folder / PACKAGE / MANIFEST).read_text())
    texts = description(
        document, version="3.0", mlflow_run="m1", made_at=datetime(2024, 1, 1, tzinfo=UTC)
    )
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


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


@pytest.mark.parametrize(
    ("task", "columns"),
    [
        ("binary", ["late"]),
        ("multiclass", ["early", "punctual", "late"]),
        ("regression", ["value", "lower", "upper"]),
    ],
)
def test_outputs_are_columns_by_their_names_for_each_task(
    task: str, columns: list[str], tmp_path: Path
) -> None:
    learned = rows(600, task=task)
    example = {"line": "red", "wind": 1.5}
    folder = laid_down(tmp_path, *fitted(learned, task=task, example=example))
    described = Model.load(str(folder))
    assert described.signature is not None
    assert described.signature.outputs.input_names() == columns
    some = learned.head(30).select("line", "wind")
    found = mlflow.pyfunc.load_model(str(folder)).predict(some.to_pandas())
    assert list(found.columns) == columns
    np.testing.assert_allclose(
        found.to_numpy(), load_model(folder / PACKAGE).predict(some.to_dicts())
    )


def test_a_category_that_is_a_number_is_asked_as_one(tmp_path: Path) -> None:
    features = ("number", "wind")
    encoder = Encoder.learn(FRAME, features=features, categorical=("number",))
    family = FAMILIES.find("lightgbm")
    model = family.refit(family.default, encode(FRAME, encoder, problem(), {}), rounds=20, seed=0)
    folder = laid_down(tmp_path, manifest(encoder, example={"number": 3, "wind": 1.5}), model)
    loaded, some = mlflow.pyfunc.load_model(str(folder)), FRAME.head(30).select(*features)
    expected = load_model(folder / PACKAGE).predict(some.to_dicts())
    for kind in (pl.Int64, pl.Float64):
        asked = some.with_columns(pl.col("number").cast(kind)).to_pandas()
        np.testing.assert_allclose(loaded.predict(asked).to_numpy(), expected)
    assert loaded.predict(Model.load(str(folder)).load_input_example(str(folder)))["late"][0] < 1


def test_a_feature_without_a_column_is_named(model: Path) -> None:
    with pytest.raises(InvalidInput, match="lack features") as caught:
        mlflow.pyfunc.load_model(str(model)).predict(FRAME.select("line").to_pandas())
    assert caught.value.where == {"fields": "wind"}
