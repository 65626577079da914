"""When the data cover a run, and what is said when they do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.problem.load import load_problem
from ghosteam.retraining.readiness import Ready, Waiting, assess_readiness

# Hypothesis and function-scoped fixtures do not go together.
FLIGHTS = load_problem(Path(__file__).parents[3] / "feature_repo" / "flights")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


QUARTER = {
    "flights": [
        (at("2013-01-01T10:00"), at("2013-02-01T03:59")),
        (at("2013-02-01T10:00"), at("2013-03-01T03:59")),
        (at("2013-03-01T10:00"), at("2013-04-01T03:59")),
    ],
    "weather": [(at("2013-01-01T06:00"), at("2013-04-01T04:00"))],
    "planes": [None],
}


def test_a_quarter_of_flights_weather_and_planes_is_ready(flights):
    ready = assess_readiness(flights, QUARTER)
    assert ready == Ready(at("2012-12-18T03:59"), at("2013-03-18T03:59"), at("2013-04-01T03:59"))


def test_as_of_an_earlier_time_the_hold_out_ends_there(flights):
    ready = assess_readiness(flights, QUARTER, as_of=at("2013-03-25T00:00"))
    assert isinstance(ready, Ready) and ready.holdout_end == at("2013-03-25T00:00")


@pytest.mark.parametrize("missing", ["flights", "weather", "planes"])
def test_without_a_data_set_the_answer_names_it(flights, missing):
    answer = assess_readiness(
        flights, {name: spans for name, spans in QUARTER.items() if name != missing}
    )
    assert isinstance(answer, Waiting)
    assert (
        len(answer.reasons) == 1
        and answer.reasons[0].startswith("waiting, because")
        and missing in answer.reasons[0]
    )


def test_a_month_that_has_not_arrived_is_named_with_its_dates(flights):
    spans = {**QUARTER, "flights": [QUARTER["flights"][0], QUARTER["flights"][2]]}
    answer = assess_readiness(flights, spans)
    assert isinstance(answer, Waiting)
    assert "flights has nothing from 2013-02-01 03:59 to 2013-03-01 10:00 UTC" in answer.reasons[0]


def test_weather_that_ends_before_the_hold_out_does_is_waited_for(flights):
    answer = assess_readiness(
        flights, {**QUARTER, "weather": [(at("2013-01-01T06:00"), at("2013-03-01T04:00"))]}
    )
    assert (
        isinstance(answer, Waiting)
        and "weather has nothing from 2013-03-01 04:00" in answer.reasons[0]
    )


def test_too_short_a_history_says_how_much_is_needed(flights):
    answer = assess_readiness(flights, {**QUARTER, "flights": QUARTER["flights"][1:]})
    assert (
        isinstance(answer, Waiting)
        and "60d to learn from and 2w to be judged on" in answer.reasons[0]
    )


@given(st.permutations(range(3)), st.lists(st.integers(0, 2), max_size=3))
def test_neither_order_nor_repetition_of_batches_matters(order, again):
    spans = [QUARTER["flights"][i] for i in (*order, *again)]
    assert assess_readiness(FLIGHTS, {**QUARTER, "flights": spans}) == assess_readiness(
        FLIGHTS, QUARTER
    )


def test_the_night_between_two_files_is_no_hole(flights):
    first, second, third = QUARTER["flights"]
    later = (second[0] + timedelta(hours=6), second[1])
    assert isinstance(
        assess_readiness(flights, {**QUARTER, "flights": [first, later, third]}), Ready
    )
