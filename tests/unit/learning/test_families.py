from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ghosteam.errors import Defect
from ghosteam.learning.families import FAMILIES, MAX_ROUNDS, Split, find_family
from ghosteam.learning.metrics import roc_auc
from ghosteam.learning.search import encode
from tests.learning_builders import encoder_for, rows

FRAME = rows(1500)
ENCODER = encoder_for(FRAME)
TRAIN, VALIDATION = encode(FRAME.head(1000), ENCODER), encode(FRAME.tail(500), ENCODER)


def ignore(_step: int, _loss: float) -> None:
    return None


@pytest.mark.parametrize("name", FAMILIES)
def test_a_fit_learns_stops_early_and_refits_that_many_rounds(name: str) -> None:
    family = find_family(name)
    model = family.fit(family.default, TRAIN, VALIDATION, seed=0, on_round=ignore)
    assert 1 <= model.rounds < MAX_ROUNDS
    area = roc_auc(VALIDATION.y, model.predict_proba(VALIDATION.x))
    assert isinstance(area, float) and area > 0.8
    assert family.refit(family.default, TRAIN, rounds=7, seed=0).rounds == 7


@pytest.mark.parametrize("name", FAMILIES)
def test_a_saved_model_scores_as_before_row_by_row_and_with_unseen_values(
    name: str, tmp_path: Path
) -> None:
    family = find_family(name)
    model = family.refit(family.default, TRAIN, rounds=15, seed=0)
    path = tmp_path / family.file_name
    model.save(path)
    loaded = family.load(path)
    rows_ = np.vstack([VALIDATION.x[:20], [[np.nan, np.nan]]])
    before = model.predict_proba(rows_)
    assert ((before > 0) & (before < 1)).all()
    np.testing.assert_allclose(loaded.predict_proba(rows_), before, rtol=1e-6)
    one_by_one = [loaded.predict_proba(rows_[i : i + 1])[0] for i in range(len(rows_))]
    np.testing.assert_allclose(one_by_one, before, rtol=1e-6)


@pytest.mark.parametrize("name", FAMILIES)
def test_categories_are_no_numbers(name: str) -> None:
    """The target depends on the category alone, in a way that no order of the codes shows in one
    cut.
    """
    codes = np.tile(np.arange(9.0), 200)
    odd = (codes % 2).astype(float)
    split = Split(codes[:, None], odd, (True,))
    model = find_family(name).refit(
        {**find_family(name).default, "learning_rate": 0.3}, split, rounds=20, seed=0
    )
    assert roc_auc(odd, model.predict_proba(split.x)) == 1.0


def test_an_unknown_family_is_refused_with_those_that_exist() -> None:
    with pytest.raises(Defect, match="lightgbm, xgboost, sklearn"):
        find_family("oracle")


class _Attack:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch ran",)


def test_a_model_file_that_would_run_something_is_refused_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pickle

    import skops.io

    monkeypatch.chdir(tmp_path)
    family = find_family("sklearn")
    path = tmp_path / family.file_name
    model = family.refit(family.default, TRAIN, rounds=3, seed=0)
    model._model.attack = _Attack()  # type: ignore[attr-defined]
    skops.io.dump(model._model, path)  # type: ignore[attr-defined]
    with pytest.raises(Defect, match="types that no model of this family has"):
        family.load(path)
    path.write_bytes(pickle.dumps(_Attack()))
    with pytest.raises(Defect, match="cannot be read"):
        family.load(path)
    assert not (tmp_path / "ran").exists()


def test_nothing_that_ships_unpickles() -> None:
    root = Path(__file__).parents[3]
    folders = ("layers/core/python", "functions", "training_jobs", "feature_repo", "infra")
    sources = [path for folder in folders for path in (root / folder).rglob("*.py")]
    assert len(sources) > 100
    forbidden = (
        "import pickle",
        "import joblib",
        "import dill",
        "import cloudpickle",
        "read_pickle",
        "from pickle",
    )
    assert [
        str(path) for path in sources if any(word in path.read_text() for word in forbidden)
    ] == []
