"""What decisions brought, and what their probabilities promised."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.monitoring.earned import earned, earned_in
from ghosteam.problem.decide import Decide, Values
from ghosteam.problem.retrain import Retrain
from ghosteam.retraining.cost import estimated_usd
from ghosteam.retraining.regret import regret_of
from ghosteam.steps.tell_regret import tell_regret
from tests import documents
from tests.labelled import END, arrived, flights_frame, land, predict

VALUES = Decide(values=Values(hit=5, miss=-20, false_alarm=-1))
CLOSE = Decide(values=Values(hit=1, miss=-0.9, false_alarm=-1))
"""Decided from about 0.34 on."""
DAY = timedelta(days=1)


def test_an_outcome_brings_what_its_decision_is_worth_and_a_probability_promises_the_mean():
    target, outputs = np.array([1, 1, 0, 0]), np.array([[0.9], [0.0], [0.9], [0.0]])
    found = earned_in(VALUES, target, outputs, predictions=80, span=2 * DAY)
    # By hand: 5, -20, -1 and 0 came; 0.9 * 5 - 0.1 * 1 = 4.4 or 0 was promised. 40 rows a day.
    assert (found.got, found.promised) == (pytest.approx(-4), pytest.approx(2.2))
    assert found.lost_a_day == pytest.approx(6.2 * 40)
    assert found.lower < found.lost_a_day < found.upper
    assert earned_in(Decide(), target, outputs, predictions=80, span=DAY) is None


def test_from_the_threshold_on_both_decisions_are_worth_the_same():
    at = np.array([VALUES.threshold])
    decided = earned(VALUES.values, at, at[:, None], threshold=VALUES.threshold)
    left = earned(VALUES.values, at, at[:, None], threshold=1.0)
    assert decided == pytest.approx(left)


def test_probabilities_that_are_right_lose_nothing():
    inside = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        said = random.beta(1, 5, 500)
        came = (random.random(500) < said).astype(np.int8)
        found = earned_in(VALUES, came, said[:, None], predictions=500, span=DAY)
        inside += found.lower <= 0 <= found.upper
    assert 180 <= inside <= 200


def verdict(day: int, lost_a_day: float | None) -> PerformanceVerdict:
    made = documents.performance_verdict(day)
    if lost_a_day is None:
        return made
    target, outputs = np.array([1, 0]), np.array([[0.5], [0.5]])
    found = earned_in(VALUES, target, outputs, predictions=1, span=DAY)
    return replace(made, earned=replace(found, lost_a_day=lost_a_day))


def test_regret_is_what_was_lost_in_dollars_and_never_falls_below_nothing():
    days = (verdict(0, 0.0).window_end - verdict(0, 0.0).window_start) / DAY
    losses = [verdict(day, lost) for day, lost in enumerate((-50, 3, None, 4))]
    assert regret_of(losses, usd=0.5) == pytest.approx(3.5 * days)
    assert regret_of([verdict(0, -1)], usd=1) == 0


def test_decisions_that_bring_less_than_was_promised_are_told_when_they_cost_a_run(served, flights):
    asking = {"decide": CLOSE, "retrain": Retrain(worth=1)}
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=False)
    land(served, frame)
    [found] = arrived(served, flights.model_copy(update=asking))
    assert found.earned.promised > found.earned.got and found.earned.lower > 0
    [event] = [one for one in served.bus.events if one.type == "RegretReached"]
    assert event.ids["lost"] > event.ids["price"] == round(estimated_usd(flights.model), 2)
    assert event.ids["as_of"] == END.isoformat()
    served.bus.events.clear()
    arrived(served, flights.model_copy(update={"decide": CLOSE}))
    assert {one.type for one in served.bus.events} == {"PerformanceDegraded"}, "nobody asked"


def test_the_windows_of_another_model_are_not_regretted(served, flights):
    problem = flights.model_copy(update={"decide": VALUES, "retrain": Retrain(worth=1)})
    for day, version in ((0, "1"), (1, "2")):
        one = replace(verdict(day, 10_000 if version == "1" else 0.01), model_version=version)
        key = state_keys.PERFORMANCE_VERDICTS / one.window_end.isoformat()
        served.state.put("flights", key, one)
    for version, told in (("2", 0), ("1", 1)):
        tell_regret(
            problem, version=version, window_end=one.window_end, state=served.state, bus=served.bus
        )
        assert len(served.bus.events) == told
