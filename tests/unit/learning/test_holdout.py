"""A hold-out that is too small to judge by says what it needs."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ghosteam.learning.holdout import Holdout
from ghosteam.metrics.metric import measure
from ghosteam.tasks.task import TASKS
from ghosteam.undetermined import Undetermined
from tests.learning_builders import problem, rows


def too_small(task: str, outcomes: list[float]) -> str | None:
    """Why a hold-out of these outcomes is too small."""
    frame = rows(len(outcomes)).with_columns(pl.Series("target", outcomes, pl.Float64))
    found = Holdout.of(frame, problem(task=task)).too_small
    return found.reason if found else None


@pytest.mark.parametrize("task", TASKS.names)
def test_few_rows_say_how_many_are_needed(task: str) -> None:
    says = "99 hold-out rows are too few to judge by; 100 are needed"
    assert too_small(task, [0.0, 1.0, 1.0] * 33) == says
    assert too_small(task, [0.0, 1.0, 1.0, 0.0] * 25) is None


@pytest.mark.parametrize(
    ("task", "outcomes", "says"),
    [
        ("binary", [0.0] * 200, "all but 0 have the same outcome; 20 of a second one are needed"),
        ("binary", [1.0] * 181 + [0.0] * 19, "all but 19 have the same outcome; 20 of a second"),
        ("binary", [1.0] * 180 + [0.0] * 20, None),
        ("multiclass", [2.0] * 200, "all but 0 have the same outcome; 20 of a second one"),
        ("multiclass", [2.0] * 162 + [0.0] * 19 + [1.0] * 19, "all but 38 have the same outcome"),
        ("regression", [7.5] * 200, "all but 0 have the same outcome; 20 with others are needed"),
        ("regression", [0.0] * 181 + [*range(1, 20)], "all but 19 have the same outcome; 20 with"),
        ("regression", [0.0] * 180 + [*range(1, 21)], None),
    ],
)
def test_outcomes_that_are_nearly_all_the_same_say_how_many_others_are_needed(
    task: str, outcomes: list[float], says: str | None
) -> None:
    found = too_small(task, outcomes)
    if says is None:
        assert found is None
    else:
        assert found is not None and f"of 200 hold-out rows {says}" in found


@pytest.mark.parametrize("third", [0, 1, 5])
def test_a_third_class_is_judged_by_the_rows_that_it_has(third: int) -> None:
    outcomes = [0.0] * 150 + [1.0] * (150 - third) + [2.0] * third
    assert too_small("multiclass", outcomes) is None
    said = np.random.default_rng(0).dirichlet(np.ones(3), 300)
    for metric in problem(task="multiclass").metrics:
        assert not isinstance(measure(metric, outcomes, said), Undetermined), metric
