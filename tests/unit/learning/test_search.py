from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

import polars as pl
import pytest

from ghosteam.data.derive import WEIGHT
from ghosteam.errors import InvalidInput
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.search import encode, split_to_choose
from ghosteam.learning.search import search as search_by_clock
from ghosteam.problem.load import parse_problem
from tests.learning_builders import PROBLEM_YAML, encoder_for, problem, rows

search = partial(search_by_clock, clock=time.monotonic, problem=problem())


def test_the_validation_rows_are_later_and_no_outcome_learned_from_was_unknown_by_then() -> None:
    frame = rows(1000).sample(fraction=1, shuffle=True, seed=1)
    train, validation = split_to_choose(frame, problem())
    assert validation.height == 200
    begin = validation["event_time"].min()
    assert train["event_time"].max() < begin  # type: ignore[operator]
    assert train["known_at"].max() <= begin  # type: ignore[operator]
    assert train.height == 1000 - 200 - 59, "the last hour's outcomes were not known yet"


def test_a_window_with_one_class_is_refused_with_a_remedy() -> None:
    with pytest.raises(InvalidInput, match="train_window"):
        split_to_choose(rows(1000).with_columns(target=pl.lit(1)), problem())


def test_a_window_too_short_is_refused() -> None:
    with pytest.raises(InvalidInput, match="rows"):
        late = rows(1000).with_columns(known_at=pl.col("event_time") + timedelta(days=9))
        split_to_choose(late, problem())


def test_a_search_reports_each_trial_and_fits_the_best_on_all_rows() -> None:
    frame = rows(1500)
    lines: list[str] = []
    found = search(
        FAMILIES.find("lightgbm"),
        frame,
        encoder_for(frame),
        trials=3,
        seconds=60,
        progress=lines.append,
    )
    assert found.trials == 3
    assert len(lines) == 4 and "trial 3 of 3" in lines[2] and "1500 rows" in lines[3]
    assert isinstance(found.validation["roc_auc"], float) and found.validation["roc_auc"] > 0.8
    assert found.model.rounds >= 1
    assert set(found.calibration) == {"temperature"}


def test_a_search_repeats_itself() -> None:
    frame = rows(1200)
    one, other = (
        search(
            FAMILIES.find("xgboost"),
            frame,
            encoder_for(frame),
            trials=3,
            seconds=60,
            progress=lambda _: None,
        )
        for _ in range(2)
    )
    assert (one.params, one.validation) == (other.params, other.validation)


def test_a_spent_time_budget_still_leaves_one_trial() -> None:
    frame = rows(1200)
    found = search(
        FAMILIES.find("lightgbm"),
        frame,
        encoder_for(frame),
        trials=50,
        seconds=1e-6,
        progress=lambda _: None,
    )
    assert found.trials == 1
    assert dict(found.params) == FAMILIES.find("lightgbm").default


def test_rows_without_a_weight_are_not_learned_from() -> None:
    found = problem()
    weighted = found.model_copy(
        update={"model": found.model.model_copy(update={"weight": "minutes"})}
    )
    frame = rows(300).with_columns(
        pl.when(pl.col("number") < 100).then(None).otherwise(pl.col("number") % 3.0).alias(WEIGHT)
    )
    split = encode(frame, encoder_for(frame), weighted, {})
    assert split.weights is not None and split.weights.mean() == pytest.approx(1)
    assert (split.weights > 0).all() and len(split.weights) == len(split.y) == len(split.x) < 200
    assert encode(frame, encoder_for(frame), found, {}).weights is None
    nobody = rows(1000).with_columns(pl.lit(0.0).alias(WEIGHT))
    with pytest.raises(InvalidInput, match="There are 0 rows to learn from") as caught:
        split_to_choose(nobody, weighted)
    assert "a minutes above 0" in caught.value.remedy


@pytest.mark.parametrize("name", FAMILIES.names)
def test_a_number_is_learned_as_well_in_any_unit(name: str) -> None:
    """As a share of a billion, and as seconds since 1970, of which 32 bits keep two minutes."""
    text = PROBLEM_YAML.replace("task: binary", "task: regression")
    minutes = parse_problem(text.replace("roc_auc, at_least: 0.6", "r2"))
    frame = rows(1000)
    frame = frame.with_columns(target=pl.col("wind").fill_null(0) * 10 + 3 * pl.col("target"))
    found = [
        search(
            FAMILIES.find(name),
            frame.with_columns(target=pl.col("target") * factor + start),
            encoder_for(frame),
            problem=minutes,
            trials=1,
            seconds=60,
            progress=lambda _: None,
        )
        for factor, start in ((1.0, 0.0), (1e-9, 0.0), (1.0, 1.7e9))
    ]
    explained = [one.validation["r2"] for one in found]
    assert isinstance(explained[0], float) and explained[0] > 0.8
    assert explained == pytest.approx([explained[0]] * 3, abs=0.01)
    widths = [one.calibration["half_width"] for one in found]
    assert widths[1] * 1e9 == pytest.approx(widths[0], rel=0.1)


@pytest.mark.parametrize(
    ("metric", "chosen", "errors"),
    [
        ("rmse", "rmse", "squared"),
        ("r2", "r2", "squared"),
        ("mae", "mae", "absolute"),
        ("median_absolute_error", "median_absolute_error", "absolute"),
        ("pinball", "pinball", "absolute"),
        ("mape", "mape", "absolute"),
        ("mape where an outcome is 0", "rmse", "absolute"),
    ],
)
def test_numbers_are_searched_by_what_the_gates_judge_them_by(
    metric: str, chosen: str, errors: str
) -> None:
    text = PROBLEM_YAML.replace("task: binary", "task: regression")
    minutes = parse_problem(text.replace("roc_auc, at_least: 0.6", metric.split()[0]))
    frame = rows(1000).with_columns(target=pl.col("target") + (0.0 if " " in metric else 1.0))
    told = list[str]()
    found = search(
        FAMILIES.find("linear"),
        frame,
        encoder_for(frame),
        problem=minutes,
        trials=2,
        seconds=60,
        progress=told.append,
    )
    shown = [float(line.rpartition("best ")[2]) for line in told[:2]]
    assert all(f": validation {chosen} " in line for line in told[:2]), told
    assert shown[1] >= shown[0] if chosen == "r2" else shown[1] <= shown[0]
    assert encode(frame, encoder_for(frame), minutes, {}).errors == errors
    assert found.trials == 2


def test_probabilities_are_searched_by_the_log_loss_whatever_judges_them() -> None:
    told = list[str]()
    frame = rows(1000)
    search(
        FAMILIES.find("linear"),
        frame,
        encoder_for(frame),
        problem=problem(),
        trials=1,
        seconds=60,
        progress=told.append,
    )
    assert ": validation log_loss " in told[0]
