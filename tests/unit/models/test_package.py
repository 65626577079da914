from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ghosteam.errors import Defect, InvalidInput
from ghosteam.models.families import FAMILIES, find_family
from ghosteam.models.package import MANIFEST, load_model, save_model
from ghosteam.models.search import encode
from tests.learning_builders import encoder_for, manifest, rows

FRAME = rows(600)


def save(folder: Path, family: str = "lightgbm") -> None:
    encoder, kind = encoder_for(FRAME), find_family(family)
    save_model(folder, manifest(encoder, family=family), kind.refit(kind.default, encode(FRAME, encoder), rounds=20, seed=0))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_package_predicts_the_same_from_rows_as_from_a_frame(family: str, tmp_path: Path) -> None:
    save(tmp_path, family)
    loaded = load_model(tmp_path)
    some = FRAME.head(30)
    by_row = loaded.predict(some.select("line", "wind").to_dicts())
    np.testing.assert_allclose(by_row, loaded.predict_frame(some), rtol=1e-9)
    assert loaded.manifest == manifest(encoder_for(FRAME), family=family)
    assert loaded.predict([]).shape == (0,)


def test_a_bad_field_is_the_callers_fault(tmp_path: Path) -> None:
    save(tmp_path)
    with pytest.raises(InvalidInput):
        load_model(tmp_path).predict([{"line": "red"}])


def test_a_changed_model_file_is_never_read(tmp_path: Path) -> None:
    save(tmp_path, "sklearn")
    (tmp_path / "model.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(Defect, match=r"model\.pkl is not the file that was saved"):
        load_model(tmp_path)


def test_a_scikit_learn_model_of_another_version_is_refused(tmp_path: Path) -> None:
    save(tmp_path, "sklearn")
    document = json.loads((tmp_path / MANIFEST).read_text())
    document["library"] = {"sklearn": "0.1"}
    (tmp_path / MANIFEST).write_text(json.dumps(document))
    with pytest.raises(Defect, match=r"scikit-learn 0\.1 wrote the model"):
        load_model(tmp_path)


def test_a_folder_without_a_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(Defect, match=MANIFEST):
        load_model(tmp_path)
