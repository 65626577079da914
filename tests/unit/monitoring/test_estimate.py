"""What is expected of predictions before their outcomes are there, against what comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ghosteam.documents.performance_verdict import Estimated
from ghosteam.metrics.metric import measure
from ghosteam.monitoring.estimate import estimated
from ghosteam.monitoring.losses import Losses
from ghosteam.undetermined import Undetermined
from tests.outcomes import DAYS, HELD_OUT, ROWS, day, levels, problem_of, reference_of

METRICS = {
    "binary": ("roc_auc", "log_loss", "f1"),
    "multiclass": ("log_loss", "accuracy"),
    "regression": ("rmse", "mae", "r2"),
}


@pytest.fixture(scope="module")
def references():
    return {
        task: reference_of(task, np.zeros(DAYS), ROWS, np.random.default_rng(5)) for task in METRICS
    }


def expected(task, reference, made, metric) -> Estimated | Undetermined:
    problem = problem_of(task)
    promote = problem.promote.model_copy(update={"metric": metric})
    frame, outputs = made
    features = frame.select("wind")
    return estimated(problem.model_copy(update={"promote": promote}), outputs, features, reference)


def came(made, metric) -> float:
    frame, outputs = made
    found = measure(metric, frame["target"].to_numpy(), outputs)
    assert isinstance(found, float)
    return found


@pytest.mark.parametrize(
    ("task", "metric"), [(task, metric) for task, names in METRICS.items() for metric in names]
)
def test_what_comes_is_in_the_interval_where_other_cases_come(references, task, metric):
    random = np.random.default_rng(1)
    inside = []
    for _ in range(12):
        made = day(task, DAYS, 800, random, seen=0.7)
        found = expected(task, references[task], made, metric)
        assert isinstance(found, Estimated) and found.lower < found.value < found.upper
        inside.append(found.lower <= came(made, metric) <= found.upper)
    assert sum(inside) >= 9, inside


def test_it_follows_what_the_rows_are_and_not_what_the_hold_out_was(references):
    random = np.random.default_rng(2)
    for task, metric in (("binary", "log_loss"), ("regression", "rmse")):
        usual, harder = (day(task, DAYS, 2_000, random, seen=seen) for seen in (0.0, 1.2))
        found = [expected(task, references[task], made, metric) for made in (usual, harder)]
        change = came(harder, metric) - came(usual, metric)
        assert found[1].value - found[0].value == pytest.approx(change, rel=0.3)


def test_it_does_not_see_that_the_same_cases_come_out_otherwise(references):
    made = day("binary", DAYS, 2_000, np.random.default_rng(3), signal=0.0)
    found = expected("binary", references["binary"], made, "roc_auc")
    assert found.lower > 0.6 > came(made, "roc_auc")


def test_promises_that_were_not_kept_on_the_hold_out_are_corrected():
    problem, random = problem_of("binary"), np.random.default_rng(4)
    known = reference_of("binary", np.full(DAYS, 1.0), ROWS, random)
    made = day("binary", DAYS, 2_000, random, level=1.0)
    metric = "log_loss"
    found = expected("binary", known, made, metric)
    assert found.value == pytest.approx(came(made, metric), rel=0.06)
    assert problem.promote.metric == "roc_auc"


def test_outcomes_that_are_restless_make_the_interval_wider():
    widths = []
    for wander in (0.0, 0.5):
        random = np.random.default_rng(6)
        known = reference_of("binary", levels(wander, DAYS, random), ROWS, random)
        made = day("binary", DAYS, 2_000, random)
        found = expected("binary", known, made, "log_loss")
        widths.append(found.upper - found.lower)
    assert widths[1] > 1.5 * widths[0]


def test_levels_that_come_and_go_are_in_the_errors_and_not_added_to_them():
    random = np.random.default_rng(8)
    days = random.normal(0, 1, DAYS)
    known = reference_of("regression", days, ROWS, random)
    made = day("regression", DAYS, 2_000, random)
    # Errors have a mean square of 1.25 around their level.
    levels = random.choice(days[-HELD_OUT:], 10_000)
    found = expected("regression", known, made, "rmse")
    assert found.value == pytest.approx(np.sqrt(1.25 + levels**2).mean(), rel=0.1)


def test_errors_whose_size_is_restless_make_the_interval_as_wide_as_it_has_to_be():
    random = np.random.default_rng(9)
    spreads = np.exp(random.normal(0, 0.3, DAYS + 12))
    known = reference_of("regression", np.zeros(DAYS), ROWS, random, spreads=spreads[:DAYS])
    inside = []
    for spread in spreads[DAYS:]:
        made = day("regression", DAYS, 400, random, spread=spread)
        found = expected("regression", known, made, "rmse")
        inside.append(found.lower <= came(made, "rmse") <= found.upper)
    assert sum(inside) >= 10, inside


def test_what_is_drawn_has_the_mean_square_of_the_errors_though_small_ones_are_far_off():
    random = np.random.default_rng(10)
    large = random.random(4_000) < 0.5
    errors = np.where(large, 10 * random.normal(size=4_000), random.standard_t(2.5, size=4_000))
    frame = pl.DataFrame({"c": np.where(large, "large", "small")})
    losses = Losses.of(frame, errors, [], ["c"])
    drawn = (losses.sizes(frame) ** 2).mean() * (losses.shape**2).mean()
    assert drawn == pytest.approx((errors**2).mean(), rel=0.05)


def test_what_cannot_be_expected_says_why(references):
    made = day("binary", DAYS, 50, np.random.default_rng(0))
    few = expected("binary", references["binary"], made, "roc_auc")
    assert few == Undetermined("50 predictions are too few to expect anything of")
    made = day("binary", DAYS, 300, np.random.default_rng(0))
    older = replace(references["binary"], outcomes={})
    assert "retrain" in expected("binary", older, made, "roc_auc").reason
    frame, outputs = made
    certain = (frame, np.zeros_like(outputs))
    assert "undefined" in expected("binary", references["binary"], certain, "roc_auc").reason


def test_the_size_of_errors_is_learned_by_column_and_its_mean_is_kept():
    random = np.random.default_rng(7)
    rows = 4_000
    frame = pl.DataFrame(
        {
            "x": np.where(random.random(rows) < 0.1, np.nan, random.normal(size=rows)),
            "c": random.choice(["a", "b", "rare"], rows, p=[0.6, 0.39, 0.01]),
            "noise": random.normal(size=rows),
        }
    ).with_columns(pl.col("x").fill_nan(None))
    true = np.where(
        frame["x"].is_null(), 4.0, np.where(frame["x"].fill_null(0) > 0, 2.0, 1.0)
    ) * np.where(frame["c"] == "b", 3.0, 1.0)
    errors = true * random.normal(size=rows)
    losses = Losses.of(frame, errors, ["x", "noise"], ["c"])
    losses = Losses.from_record(losses.as_record())
    said = losses.sizes(frame)
    assert said.mean() == pytest.approx(np.abs(errors).mean(), rel=0.02)
    assert np.corrcoef(np.log(said), np.log(true))[0, 1] > 0.95
    assert losses.sizes(frame.drop("noise")) == pytest.approx(said, rel=0.3)
    new = pl.DataFrame({"x": [0.5], "c": ["never seen"], "noise": [9.0]})
    assert 0 < losses.sizes(new)[0] < 20
