from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from ghosteam.errors import Defect
from ghosteam.learning.families._skops import SkopsModel
from ghosteam.learning.families.family import FAMILIES, MAX_ROUNDS, Split
from ghosteam.metrics.metric import Errors, measure
from ghosteam.tasks.task import Learned
from ghosteam.testing.families import check_categories, check_family, check_weights

BOOSTED = ("lightgbm", "xgboost", "sklearn")


def ignore(_step: int, _loss: float) -> None:
    return None


def split(rows: int, *, seed: int = 0) -> Split:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(rows, 2))
    y = (x[:, 0] + draw.logistic(size=rows) > 0).astype(float)
    return Split(x, y, (False, False), "binary", 2)


@pytest.mark.parametrize("task", get_args(Learned))
@pytest.mark.parametrize("name", FAMILIES.names)
def test_a_family_keeps_the_contract_for_every_task(name: str, task: str, tmp_path: Path) -> None:
    check_family(FAMILIES.find(name), task, tmp_path)


@pytest.mark.parametrize("task", get_args(Learned))
@pytest.mark.parametrize("name", FAMILIES.names)
def test_a_family_follows_the_rows_that_count(name: str, task: str) -> None:
    check_weights(FAMILIES.find(name), task)


@pytest.mark.parametrize("name", FAMILIES.names)
def test_what_is_rare_keeps_its_share(name: str) -> None:
    """Rows are not drawn anew, and none weighs more because there are few like it."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(6000, 2))
    y = (x[:, 0] + draw.logistic(size=len(x)) > 4.0).astype(float)
    rows, family = Split(x, y, (False, False), "binary", 2), FAMILIES.find(name)
    model = family.refit(family.default, rows, rounds=40, seed=0)
    later = draw.normal(size=(6000, 2))
    assert 0.02 < y.mean() < 0.04
    assert model.predict(later)[:, -1].mean() == pytest.approx(y.mean(), abs=0.008)


@pytest.mark.parametrize("name", BOOSTED)
def test_by_absolute_errors_a_median_is_learned_and_by_squared_ones_a_mean(name: str) -> None:
    """Noise whose mean is far above its median."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(3000, 2))
    y = x[:, 0] + draw.lognormal(sigma=1.5, size=len(x))
    rows = Split(x, y, (False, False), "regression", 0)
    family = FAMILIES.find(name)
    below = {}
    for errors in get_args(Errors):
        weighed = replace(rows, errors=errors)
        model = family.fit(family.default, weighed, weighed, seed=0, on_round=ignore)
        again = family.refit(family.default, weighed, rounds=60, seed=0)
        below[errors] = [float((y < one.predict(x)[:, 0]).mean()) for one in (model, again)]
    assert below["absolute"] == pytest.approx([0.5, 0.5], abs=0.07)
    assert min(below["squared"]) > 0.62


@pytest.mark.parametrize("name", BOOSTED)
def test_a_boosted_fit_stops_early(name: str) -> None:
    family = FAMILIES.find(name)
    model = family.fit(family.default, split(1000), split(500, seed=1), seed=0, on_round=ignore)
    assert 1 <= model.rounds < MAX_ROUNDS


@pytest.mark.parametrize("name", FAMILIES.names)
def test_categories_are_no_numbers(name: str) -> None:
    """The target depends on the category alone, in a way that no order of the codes shows in one
    cut.
    """
    family = FAMILIES.find(name)
    codes = np.tile(np.arange(9.0), 200)
    odd = (codes % 2).astype(float)
    known = Split(codes[:, None], odd, (True,), "binary", 2)
    fast = {"learning_rate": 0.3} if name in BOOSTED else {}
    model = family.refit({**family.default, **fast}, known, rounds=20, seed=0)
    assert measure("roc_auc", odd, model.predict(known.x)) == 1.0


@pytest.mark.parametrize("task", get_args(Learned))
@pytest.mark.parametrize("name", FAMILIES.names)
def test_a_column_of_ten_thousand_categories_is_no_obstacle(name: str, task: str) -> None:
    check_categories(FAMILIES.find(name), task)


def test_one_cut_of_a_forest_sets_a_category_apart_from_those_beside_it_in_the_alphabet() -> None:
    family = FAMILIES.find("forest")
    codes = np.tile(np.arange(9.0), 200)
    middle = (codes == 4).astype(float)
    one_cut = {"min_samples_leaf": 20, "max_features": 1.0, "max_leaf_nodes": 2}
    known = Split(codes[:, None], middle, (True,), "binary", 2)
    model = family.refit(one_cut, known, rounds=1, seed=0)
    assert measure("roc_auc", middle, model.predict(known.x)) == 1.0


def test_a_forest_keeps_the_most_frequent_categories_apart_and_the_others_together() -> None:
    family = FAMILIES.find("forest")
    codes = np.concatenate([np.repeat(np.arange(31.0), 60), np.repeat(np.arange(31.0, 200), 4)])
    y = ((codes % 2 == 1) & (codes < 31)).astype(float)
    known = Split(codes[:, None], y, (True,), "binary", 2)
    model = family.refit(family.default, known, rounds=60, seed=0)
    said = model.predict(np.array([[0.0], [1.0], [40.0], [199.0], [300.0], [np.nan]]))[:, 0]
    assert said[1] > 0.5 > said[0]
    assert np.unique(said[2:]).size == 1, "rare ones, one that came late, and none"


def test_a_forest_of_before_it_had_an_encoding_still_answers(tmp_path: Path) -> None:
    from sklearn.ensemble import RandomForestClassifier

    rows, family = split(300), FAMILIES.find("forest")
    made = RandomForestClassifier(n_estimators=7, random_state=0).fit(rows.x, rows.y)
    before = SkopsModel(made, rounds=7, classes=2)
    before.save(tmp_path / family.file_name)
    found = family.load(tmp_path / family.file_name)
    assert found.rounds == 7
    np.testing.assert_array_equal(found.predict(rows.x), before.predict(rows.x))


def test_an_unknown_family_is_refused_with_those_that_exist() -> None:
    with pytest.raises(Defect, match="lightgbm, xgboost, sklearn, forest, linear"):
        FAMILIES.find("oracle")


class _Attack:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch ran",)


def test_a_model_file_that_would_run_something_is_refused_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pickle

    monkeypatch.chdir(tmp_path)
    family = FAMILIES.find("sklearn")
    path = tmp_path / family.file_name
    model = family.refit(family.default, split(300), rounds=3, seed=0)
    model._estimator.attack = _Attack()  # type: ignore[attr-defined]
    model.save(path)
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
