"""Outcomes that come by themselves, over time: what readiness, hold-out and performance say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ghosteam.retraining.readiness import Ready, Waiting
from ghosteam.steps.labels_at_hand import LabelsAtHand
from tests.unit.labels.world import DAY, START, Row, World

TEXT = """
version: 1
problem: cases
task: binary
entities: {{case: [case]}}
event_time: begins
target: {target}
datasets:
  cases: {{role: events, id: [case], columns: {{case: integer, begins: timestamp, age: number}}}}
  endings: {{role: labels, of: cases, columns: {{case: integer, {columns}}}}}
features: {{request: [age]}}
holdout: 10d
retrain: {{min_train: 20d, train_window: 120d}}
watch: {{window: 1d, performance: {{min_labels: 30}}}}
"""
CHURN = TEXT.format(
    target="{name: left, expr: left_on IS NOT NULL, known_at: left_on, matures: 30d, absent: 0}",
    columns='left_on: "timestamp?"',
)
FRAUD = TEXT.format(
    target="{name: fraud, expr: fraud, known_at: told, matures: 20d}",
    columns='fraud: "boolean?", told: "timestamp?"',
)
LAGGING = TEXT.format(
    target="{name: late, expr: delay > 15, known_at: event_time + 1d}", columns='delay: "number?"'
)
A_DAY = 40


def cases(first: int, days: int) -> list[Row]:
    """Forty cases a day; every fourth is the kind that is predicted, and scored so."""
    return [
        {
            "case": A_DAY * day + number,
            "begins": START + day * DAY + timedelta(minutes=number),
            "age": 1.0,
        }
        for day in range(first, first + days)
        for number in range(A_DAY)
    ]


def scored(rows: list[Row]) -> list[Row]:
    return [{**row, "score": 0.9 if row["case"] % 4 == 0 else 0.1} for row in rows]


def day(number: float) -> datetime:
    return START + number * DAY


def test_who_is_not_said_to_have_left_stays() -> None:
    world = World(CHURN)
    world.drop("cases", "all", cases(0, 100), day(100))
    # Not one label: that says something after thirty days.
    ready = world.readiness(day(100))
    assert isinstance(ready, Ready) and ready.holdout_end == day(70)
    leavers = [
        {"case": row["case"], "left_on": row["begins"] + 5 * DAY}
        for row in cases(0, 95)
        if row["case"] % 4 == 0
    ]
    world.drop("endings", "all", leavers, day(100))
    train, holdout = world.sets(day(100))
    assert train["target"].mean() == pytest.approx(0.25, abs=0.01)
    assert holdout["target"].mean() == pytest.approx(0.25, abs=0.01)
    assert train["begins"].max() <= day(30)
    # Three of those are said to stay after all, in a row and by the API; the rest is as it was.
    world.post([{"case": row["case"], "left_on": None} for row in leavers[:2]], day(101))
    world.drop("endings", "back", [{"case": leavers[2]["case"], "left_on": ""}], day(101))
    assert world.sets(day(100))[0]["target"].sum() == train["target"].sum() - 3
    world.delete("endings", "all", day(102))
    assert [found["target"].sum() for found in world.sets(day(100))] == [0, 0]


def test_a_window_of_those_who_may_still_leave_is_judged_when_it_is_mature() -> None:
    world = World(CHURN)
    asked = cases(35, 1)
    world.drop("cases", "all", cases(30, 8), day(38))
    world.predict(scored(asked), day(36))
    left = [
        {"case": row["case"], "left_on": row["begins"] + 2 * DAY}
        for row in asked
        if row["case"] % 4 == 0
    ]
    world.post(left, day(38))
    [early] = world.verdicts
    assert early.window_end == day(36) and early.labels == 10
    assert early.undetermined and "10 of 40 predictions have one so far" in early.undetermined
    mature = world.judged(day(36), day(66))
    assert (mature.labels, mature.value, mature.degraded) == (40, 1.0, False)
    # What is learned of later judges the window again.
    others = [row for row in asked if row["case"] % 4 == 1]
    world.post([{"case": row["case"], "left_on": row["begins"] + DAY} for row in others], day(67))
    # So do those windows that became mature meanwhile.
    assert {one.window_end for one in world.verdicts} == {day(end) for end in range(31, 38)}
    [again] = [one for one in world.verdicts if one.window_end == day(36)]
    assert again.value == pytest.approx(0.75) and again.labels == 40
    world.post([{**row, "left_on": None} for row in left], day(68))
    [worse] = [one for one in world.verdicts if one.window_end == day(36)]
    assert worse.degraded and worse.value == pytest.approx(1 / 3)


def test_bad_cases_are_known_first_and_do_not_judge_alone() -> None:
    world = World(FRAUD)
    world.drop("cases", "all", cases(0, 80), day(80))
    world.predict(scored(cases(60, 1)), day(60))

    def told(first: int, days: int, *, fraud: bool, after: int) -> list[Row]:
        return [
            {"case": row["case"], "fraud": fraud, "told": row["begins"] + after * DAY}
            for row in cases(first, days)
            if (row["case"] % 4 == 0) == fraud
        ]

    waits = world.readiness(day(80))
    assert isinstance(waits, Waiting) and "the hold-out, has an outcome" in waits.reasons[0]
    world.drop("endings", "frauds", told(0, 70, fraud=True, after=5), day(80))
    [early] = [one for one in world.verdicts if one.window_end == day(61)]
    assert early.undetermined and early.labels == 10
    world.drop("endings", "good", told(0, 61, fraud=False, after=19), day(81))
    train, holdout = world.sets(day(80))
    assert train["target"].mean() == pytest.approx(0.25, abs=0.01)
    assert holdout["target"].mean() == pytest.approx(0.25, abs=0.01)
    assert world.outcomes().labelled == 61 * A_DAY + 9 * 10
    assert world.judged(day(61), day(81)).labels == A_DAY
    # A verdict that was wrong is corrected, and that judges the window again.
    wrong = [{**row, "fraud": True} for row in told(60, 1, fraud=False, after=20)[:10]]
    world.post(wrong, day(82))
    [again] = [one for one in world.verdicts if one.window_end == day(61)]
    assert again.labels == A_DAY
    assert again.value == pytest.approx(0.75)


def test_outcomes_lag_a_day_behind() -> None:
    world = World(LAGGING)
    for number in range(40):
        world.drop("cases", f"{number:02}", cases(number, 1), day(number + 1))
    assert isinstance(world.readiness(day(40)), Waiting)
    rows = [{"case": row["case"], "delay": 60 * (row["case"] % 4 == 0)} for row in cases(0, 39)]
    world.drop("endings", "all", rows, day(40))
    train, holdout = world.sets(day(40))
    # The last day has no outcome yet: it is in neither.
    assert holdout["begins"].max() < day(39) and train.height + holdout.height < 39 * A_DAY
    assert "2024-02-09" not in world.outcomes().days and world.outcomes().waiting == 0


def test_a_label_waits_for_an_event_that_is_announced_and_counts_when_it_comes() -> None:
    world = World(LAGGING)
    world.drop("cases", "past", cases(0, 2), day(2))
    ids = world.predict(scored(cases(2, 1)), day(2))
    world.post([{"case": 10**6, "delay": 1}], day(2))
    by_prediction = [
        {"prediction_id": id, "delay": 60 * (number % 4 == 0)} for number, id in enumerate(ids)
    ]
    world.post(by_prediction, day(4))
    assert world.verdicts == []
    met = world.outcomes()
    assert (met.labels, met.waiting, met.labelled) == (A_DAY + 1, A_DAY + 1, 0)
    assert len(met.examples) == 5
    world.drop("cases", "announced", cases(2, 30), day(4.5))
    met = world.outcomes()
    assert (met.waiting, met.labelled, met.examples) == (1, A_DAY, ("case 1000000",))
    verdict = world.judged(day(3), day(5))
    assert (verdict.labels, verdict.value) == (A_DAY, 1.0)
    # A deleted event leaves its label to wait again.
    world.delete("cases", "announced", day(6))
    assert world.outcomes().waiting == A_DAY + 1


@pytest.mark.parametrize("late", [False, True])
def test_of_two_corrections_within_a_second_the_later_counts(late: bool) -> None:
    world = World(LAGGING)
    world.drop("cases", "all", cases(0, 1), day(1))
    for number, delay in enumerate((60, 1) if not late else (1, 60)):
        world.post([{"case": 0, "delay": delay}], day(2) + timedelta(microseconds=number))
    found = world.outcomes()
    assert found.labels == found.labelled == 1
    assert world.judged(day(1), day(3)).predictions == 0
    stores = (world.state, world.lake, world.online)
    at_hand = LabelsAtHand(world.problem, *stores, "on")  # type: ignore[arg-type]
    told = at_hand.read(begin=day(0), end=day(1), now=day(9))
    assert told["target"].to_list() == [float(late)]
