"""The two baselines: what they say, and which one a candidate meets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from ghosteam.learning.baselines import Baseline, stronger_baseline
from ghosteam.learning.holdout import Holdout
from ghosteam.metrics.metric import Floats, measure
from ghosteam.tasks.task import TASKS
from ghosteam.undetermined import Undetermined
from tests.learning_builders import START, problem, rows

COLORS = ("blue", "green", "red")


def chain(count: int, *, stays: float, seed: int) -> pl.DataFrame:
    """A training-set frame, one row an hour: the outcome is the last known one in the share
    ``stays`` of the rows, else a fair coin's.
    """
    draw = np.random.default_rng(seed)
    outcomes = [0.0]
    for keeps, coin in zip(draw.random(count) < stays, draw.random(count) < 0.5, strict=True):
        outcomes.append(outcomes[-1] if keeps else float(coin))
    return pl.DataFrame(
        {
            "number": range(count),
            "event_time": [START + timedelta(hours=hour) for hour in range(count)],
            "target": outcomes[1:],
            "_last_known": outcomes[:-1],
        },
        schema_overrides={"event_time": pl.Datetime("us", "UTC")},
    )


def found(train: pl.DataFrame, holdout: pl.DataFrame, metric: str = "log_loss") -> Baseline:
    trains = problem(metric=metric)
    return stronger_baseline(train, Holdout.of(holdout, trains), trains)


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "brier", "accuracy"])
def test_where_outcomes_persist_the_last_known_one_is_the_baseline(metric: str) -> None:
    train, holdout = chain(2000, stays=0.6, seed=0), chain(500, stays=0.6, seed=1)
    baseline = found(train, holdout, metric)
    assert baseline.name == "last_known"
    told = baseline.told()
    assert (told["constant"].used, told["last_known"].used) == (False, True)
    assert told["last_known"].value == measure(metric, holdout["target"], baseline.outputs)
    constant = np.full(500, train["target"].mean())
    assert told["constant"].value == pytest.approx(measure(metric, holdout["target"], constant))


def opposite(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as if the other outcome had been the last known one."""
    return frame.with_columns((1 - pl.col("_last_known")).alias("_last_known"))


def test_where_they_alternate_the_last_known_one_is_learned_to_mean_the_opposite() -> None:
    train, holdout = chain(2000, stays=0.9, seed=0), chain(500, stays=0.9, seed=1)
    straight, turned = found(train, holdout), found(opposite(train), opposite(holdout))
    assert np.array_equal(straight.outputs, turned.outputs)


def test_where_the_last_known_one_says_less_the_constant_is_the_baseline() -> None:
    misled = opposite(chain(2000, stays=0.6, seed=0))
    baseline = found(misled, chain(500, stays=0.6, seed=1))
    assert baseline.name == "constant"
    assert np.unique(baseline.outputs).tolist() == [misled["target"].mean()]
    assert isinstance(baseline.values["last_known"], float)


@pytest.mark.parametrize(
    ("metric", "constant"),
    [
        *((name, np.median) for name in ("mae", "median_absolute_error", "mape", "pinball")),
        *((name, np.mean) for name in ("rmse", "r2")),
    ],
)
def test_the_constant_of_a_number_is_the_median_where_absolute_errors_judge_else_the_mean(
    metric: str, constant: Callable[[Floats], float]
) -> None:
    """Outcomes whose mean is far above their median."""
    draw, numbers = np.random.default_rng(0), problem(task="regression", metric=metric)
    train, holdout = (
        rows(500, seed=seed).with_columns(
            pl.Series("target", draw.lognormal(sigma=1.5, size=500)),
            pl.lit(None, pl.Float64).alias("_last_known"),
        )
        for seed in (0, 1)
    )
    baseline = stronger_baseline(train, Holdout.of(holdout, numbers), numbers)
    assert baseline.name == "constant"
    expected = constant(train["target"].to_numpy())
    assert np.unique(baseline.outputs[:, 0]) == pytest.approx([expected])


def test_a_row_without_a_known_earlier_outcome_gets_the_constant() -> None:
    train, holdout = chain(2000, stays=0.6, seed=0), chain(500, stays=0.6, seed=1)
    first = pl.int_range(pl.len()) < 50
    gaps = holdout.with_columns(pl.when(~first).then(pl.col("_last_known")))
    whole, with_gaps = found(train, holdout).outputs, found(train, gaps).outputs
    assert np.unique(with_gaps[:50]).tolist() == [train["target"].mean()]
    assert np.array_equal(with_gaps[50:], whole[50:])


@pytest.mark.parametrize("lacks", ["training", "hold-out"])
def test_without_any_known_earlier_outcome_it_is_undetermined_and_the_constant_stays(
    lacks: str,
) -> None:
    train, holdout = chain(2000, stays=0.6, seed=0), chain(500, stays=0.6, seed=1)
    nothing = pl.lit(None, pl.Float64).alias("_last_known")
    if lacks == "training":
        train = train.with_columns(nothing)
    else:
        holdout = holdout.with_columns(nothing)
    baseline = found(train, holdout)
    assert baseline.name == "constant"
    assert isinstance(baseline.values["last_known"], Undetermined)
    assert f"no {lacks} row has an earlier outcome" in baseline.told()["last_known"].undetermined


def test_too_few_hold_out_rows_leave_both_undetermined() -> None:
    baseline = found(chain(500, stays=0.6, seed=0), chain(50, stays=0.6, seed=1))
    assert {told.value for told in baseline.told().values()} == {None}
    assert baseline.name == "constant"


def persistence(task: str, pairs: list[tuple[float, float]], last: list[float]) -> Floats:
    earlier, target = np.array(pairs).T
    classes = COLORS if task == "multiclass" else ()
    return TASKS.find(task).persistence(earlier, target, np.array(last), classes)


def test_a_class_s_shares_are_those_that_followed_on_it_with_one_row_more_for_each() -> None:
    """By hand: after 0 came 1, 1, 0; after 1 came 1."""
    pairs = [(0.0, 1.0), (0.0, 1.0), (0.0, 0.0), (1.0, 1.0)]
    binary = persistence("binary", pairs, [0.0, 1.0, 0.0])
    assert binary == pytest.approx(np.array([[3 / 5], [2 / 3], [3 / 5]]))
    colors = persistence("multiclass", pairs, [0.0, 1.0, 2.0])
    expected = [[2 / 6, 3 / 6, 1 / 6], [1 / 4, 2 / 4, 1 / 4], [1 / 3, 1 / 3, 1 / 3]]
    assert colors == pytest.approx(np.array(expected))


def test_a_number_is_the_last_one_and_its_interval_is_made_of_the_errors() -> None:
    """By hand: of nine errors it has to reach the ceil(10 * 0.9)-th, which is the largest."""
    pairs = [(10.0, 10.0 + error * (-1) ** error) for error in range(1, 10)]
    assert persistence("regression", pairs, [5.0]).tolist() == [[5.0, -4.0, 14.0]]
