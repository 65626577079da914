from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy.special import softmax

from ghosteam.metrics.metric import measure
from ghosteam.tasks.task import TASKS
from ghosteam.testing.tasks import check_learned

COLORS = ("blue", "green", "red")


@pytest.mark.parametrize("name", TASKS.names)
def test_a_task_keeps_the_contract(name: str) -> None:
    check_learned(TASKS.find(name))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series([True, False, None]), [1.0, 0.0, None]),
        (pl.Series([1, 0, 47]), [1.0, 0.0, math.nan]),
        (pl.Series([1, 2]), [1.0, math.nan]),
        (pl.Series([0.2, 1.0, math.nan]), [math.nan, 1.0, math.nan]),
        (pl.Series(["yes", None]), [math.nan, None]),
    ],
)
def test_a_binary_outcome_is_true_or_false_or_1_or_0(
    values: pl.Series, expected: list[float | None]
) -> None:
    found = TASKS.find("binary").outcomes(values, ()).to_list()
    assert [str(value) for value in found] == [str(value) for value in expected]
    assert "target.classes" in TASKS.find("binary").wanted(())[1]


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (pl.Series([1, 2, 2]), ("1", "2")),
        (pl.Series([1.0, 2.0, 2.0]), ("1", "2")),
        (pl.Series([False, True, True]), ("false", "true")),
        (pl.Series(["n", "y", "y"]), ("n", "y")),
    ],
)
def test_declared_classes_are_read_as_they_are_written(
    values: pl.Series, classes: tuple[str, ...]
) -> None:
    assert TASKS.find("binary").outcomes(values, classes).to_list() == [0.0, 1.0, 1.0]


def test_a_class_that_is_not_declared_and_a_number_that_is_none_are_no_outcomes() -> None:
    unseen = TASKS.find("multiclass").outcomes(pl.Series(["red", "mauve"]), COLORS)
    assert unseen.to_list()[0] == 2.0 and math.isnan(unseen.to_list()[1])
    numbers = TASKS.find("regression").outcomes(pl.Series([0.0, 1e31, math.inf, None, -3.5]), ())
    assert [str(value) for value in numbers.to_list()] == ["0.0", "nan", "nan", "None", "-3.5"]


def test_decisions_are_words_of_the_problem() -> None:
    binary, multiclass, regression = map(TASKS.find, ("binary", "multiclass", "regression"))
    assert binary.decide([0.5], (), threshold=0.5) is True
    assert binary.decide([0.5], ("no", "yes"), threshold=0.6) == "no"
    assert multiclass.decide([0.2, 0.5, 0.3], COLORS, threshold=0.5) == "green"
    assert regression.decide([3.5, 1.0, 6.0], (), threshold=0.5) == 3.5


@pytest.mark.parametrize("sureness", [3.0, 0.5])
@pytest.mark.parametrize("name", ["binary", "multiclass"])
def test_probabilities_that_are_too_sure_or_not_enough_are_calibrated_on_rows_not_learned_from(
    name: str, sureness: float
) -> None:
    draw, task = np.random.default_rng(3), TASKS.find(name)
    logits = draw.normal(size=(4000, task.class_count(COLORS)))
    chances = softmax(logits, axis=1)
    target = (draw.random((4000, 1)) > chances.cumsum(axis=1)).sum(axis=1).astype(float)
    said = softmax(sureness * logits, axis=1)
    raw = said[:, 1:] if name == "binary" else said
    calibration = task.calibrate(raw[:2000], target[:2000], task.plain(target))
    assert calibration["temperature"] == pytest.approx(sureness, rel=0.15)
    before, after = (
        measure("calibration_error", target[2000:], outputs[2000:])
        for outputs in (raw, task.finish(raw, calibration))
    )
    assert isinstance(before, float) and isinstance(after, float)
    assert before > 0.08 and after < 0.05


def test_an_interval_holds_the_stated_share_of_outcomes_that_it_was_not_made_from() -> None:
    task = TASKS.find("regression")
    shares = []
    for seed in range(50):
        draw = np.random.default_rng(seed)
        target = draw.standard_t(3, size=600)  # heavy tails
        raw = np.zeros((600, 1))
        outputs = task.finish(raw, task.calibrate(raw[:200], target[:200], {}))
        inside = (outputs[200:, 1] <= target[200:]) & (target[200:] <= outputs[200:, 2])
        shares.append(inside.mean())
    assert 0.89 <= np.mean(shares) <= 0.92


def test_classes_suit_the_task() -> None:
    for task, classes in (("binary", ["a"]), ("multiclass", ["a", "b"]), ("regression", ["a"])):
        with pytest.raises(ValueError, match=r"class"):
            TASKS.find(task).check_classes(classes)
