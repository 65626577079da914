"""What is lost by keeping a model is summed up until a run would have cost as much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.monitoring.earned import brought
from ghosteam.retraining.regret import accumulated
from ghosteam.retraining.replay.history import Answers, Learned
from ghosteam.retraining.replay.regret import Worth, avoidable, worth_of
from ghosteam.undetermined import Undetermined
from tests.unit.retraining.replay.past import ROWS, Past, end, past_problem, replayed

VALUES = past_problem(decide="{values: {hit: 5, miss: -20, false_alarm: -1}}")
TARGET = np.array([1.0, 1.0, 0.0, 0.0] * 10)
OUTPUTS = np.array([0.9, 0.0, 0.9, 0.0] * 10)[:, None]
BROUGHT = brought(VALUES, TARGET, OUTPUTS, pl.DataFrame(height=40))
ANSWERS = Answers(TARGET, OUTPUTS, np.full(40, np.datetime64("2024-01-01", "us")), BROUGHT)


def model(promised: float | Undetermined = 0.1, worth: float | None = None) -> Learned:
    return Learned(end(1), end(0), promised, worth)


def test_decisions_are_worth_what_the_problem_says() -> None:
    assert VALUES.decide.values is not None
    assert BROUGHT is not None and BROUGHT[:4].tolist() == [5, -20, -1, 0]


def test_a_loss_in_values_is_what_was_promised_less_what_came() -> None:
    # By hand: a row is worth (5 - 20 - 1 + 0) / 4 = -4, and 1 was promised: 5 lost, 40 rows.
    loss = avoidable(VALUES, model(worth=1.0), ANSWERS, Worth(1.0, True), stands_for=1)
    assert loss == pytest.approx(200)
    loss = avoidable(VALUES, model(worth=1.0), ANSWERS, Worth(0.5, True), stands_for=3)
    assert loss == pytest.approx(300)


def test_an_expression_that_says_the_same_is_worth_the_same() -> None:
    value = "case when decision then case when outcome then 5 else -1 end when outcome then -20"
    problem = past_problem(decide=f"{{value: '{value} else 0 end'}}")
    same = brought(problem, TARGET, OUTPUTS, pl.DataFrame(height=40))
    assert same is not None and same.tolist() == BROUGHT.tolist()
    assert worth_of(problem, None, price=3) == Worth(1.0, True)
    course = replayed(Past([30] * 6, [0] * 6), "never", problem=problem)["never"]
    assert course.worth == pytest.approx(4 * (30 * 5 - 10))
    unknown = replace(ANSWERS, brought=np.where(TARGET == 1, np.nan, BROUGHT))
    loss = avoidable(problem, model(worth=1.0), unknown, Worth(1.0, True), stands_for=1)
    assert loss == pytest.approx(20 * 1.5), "by hand: 1 less (-1 + 0) / 2, of every second row"


def test_a_loss_in_the_metric_is_by_how_much_it_is_worse() -> None:
    # By hand: the squared errors are 0.01, 1, 0.81 and 0, their mean 0.455.
    problem = past_problem()
    loss = avoidable(problem, model(0.1), ANSWERS, Worth(10, False), stands_for=7)
    assert loss == pytest.approx(3.55)
    auc = past_problem(("{metric: brier}", "{metric: accuracy}"))
    loss = avoidable(auc, model(0.75), ANSWERS, Worth(10, False), stands_for=1)
    assert loss == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("learned", "rows", "by_values"),
    [
        (model(Undetermined("too small")), 40, False),
        (model(0.1), 20, False),
        (model(0.1, None), 40, True),
    ],
)
def test_what_cannot_be_said_is_no_loss(learned: Learned, rows: int, by_values: bool) -> None:
    few = Answers(TARGET[:rows], OUTPUTS[:rows], ANSWERS.known_at[:rows], BROUGHT[:rows])
    problem = VALUES if by_values else past_problem()
    found = avoidable(problem, learned, few, Worth(1, by_values), stands_for=1)
    assert isinstance(found, Undetermined)


def test_a_unit_is_worth_a_dollar_of_values_and_a_run_for_the_largest_drop() -> None:
    assert worth_of(VALUES, None, price=3) == Worth(1.0, True)
    assert worth_of(VALUES, 0.2, price=3) == Worth(0.2, True)
    assert worth_of(past_problem(), None, price=3) == Worth(pytest.approx(60), False)
    assert worth_of(past_problem(), 7, price=3) == Worth(7, False)


@given(st.lists(st.floats(-10, 10), max_size=30))
def test_regret_never_falls_below_nothing_and_is_the_worst_stretch(losses: list[float]) -> None:
    total = 0.0
    for loss in losses:
        total = accumulated(total, loss)
        assert total >= 0
    # The sum of the worst stretch that ends now (Page 1954).
    stretches = [sum(losses[place:]) for place in range(len(losses) + 1)]
    assert total == pytest.approx(max(stretches), abs=1e-9)


def test_small_losses_add_up_to_a_run_that_no_single_window_would_have_made() -> None:
    past = Past([10, 10, *[14] * 8], [0] * 10)
    found = replayed(past, "performance", "regret", usd=15.0)
    assert found["performance"].runs == 1
    steps = found["regret"].steps
    # 0.25 was said of each row and learned, and 0.35 come.
    promised, measured = 0.25 * 0.75, 0.35 * 0.75**2 + 0.65 * 0.25**2
    needed = int(np.ceil(2.0 / ((measured - promised) * 15.0)))
    first = next(place for place, step in enumerate(steps, 1) if step.ran)
    assert first == needed > 1
    assert "were lost" in str(steps[first - 1].ran)


def test_no_regret_where_nothing_is_lost() -> None:
    assert replayed(Past([20] * 10, [0] * 10), "regret", usd=1e6)["regret"].runs == 1


def test_the_worth_of_all_decisions_is_of_all_events_of_a_sample() -> None:
    past = Past([30] * 6, [0] * 6, stands_for=2.0)
    course = replayed(past, "never", problem=VALUES)["never"]
    # 0.75 is over the threshold: 30 hits and 10 false alarms in each of four windows.
    assert course.worth == pytest.approx(4 * 2 * (30 * 5 - 10))
    assert course.rows == 4 * ROWS
