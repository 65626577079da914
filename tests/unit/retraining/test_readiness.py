"""When the data cover a run, and what is said when they do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents.coverage import TIMELESS, DayRows, Days
from ghosteam.problem.load import load_problem, parse_problem
from ghosteam.retraining.readiness import Ready, Waiting, assess_readiness

# Hypothesis and function-scoped fixtures do not go together.
FLIGHTS = load_problem(Path(__file__).parents[3] / "feature_repo" / "flights")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rows(begin: str, end: str, every: int = 1) -> Days:
    """A hundred rows on each so manieth day from the one time to the other."""
    first, last = at(begin), at(end)
    days = {}
    for number in range(0, (last.date() - first.date()).days + 1, every):
        day = first + timedelta(days=number)
        newest = last if day.date() == last.date() else day.replace(hour=23)
        days[f"{day:%Y-%m-%d}"] = DayRows(100, 80, newest)
    return days


JANUARY = rows("2013-01-01T10:00", "2013-01-31T23:00")
FEBRUARY = rows("2013-02-01T03:59", "2013-02-28T23:00")
MARCH = rows("2013-03-01T03:59", "2013-04-01T03:59")
QUARTER: dict[str, Days] = {
    "flights": {**JANUARY, **FEBRUARY, **MARCH},
    "weather": rows("2013-01-01T06:00", "2013-04-01T04:00"),
    "planes": {TIMELESS: DayRows(3322, 0, at("2013-01-01T00:00"))},
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
        flights, {name: days for name, days in QUARTER.items() if name != missing}
    )
    assert isinstance(answer, Waiting)
    assert all(
        reason.startswith("waiting, because") and missing in reason for reason in answer.reasons
    )


def test_a_month_that_has_not_arrived_is_named_with_its_dates(flights):
    answer = assess_readiness(flights, {**QUARTER, "flights": {**JANUARY, **MARCH}})
    assert isinstance(answer, Waiting)
    assert answer.reasons == (
        "waiting, because flights: of the 60 days that retrain.min_train asks for, 32 hold rows "
        "(100 rows on 2013-01-18, 100 rows on 2013-01-19, 100 rows on 2013-01-20, …); nothing from "
        "2013-02-01 to 2013-02-28; retrain.min_coverage asks for 60% of each half",
    )


def test_weather_that_ends_before_the_hold_out_does_is_waited_for(flights):
    short = {**QUARTER, "weather": rows("2013-01-01T06:00", "2013-03-22T04:00")}
    answer = assess_readiness(flights, short)
    assert isinstance(answer, Waiting) and len(answer.reasons) == 1
    assert "weather: of the 14 days that holdout asks for, 4 hold rows" in answer.reasons[0]
    assert "nothing from 2013-03-23 to 2013-04-01" in answer.reasons[0]


@pytest.mark.parametrize("old", ["2012-06-01", "2013-01-18", "2013-01-01"])
def test_one_old_row_stands_for_its_own_day_alone(flights, old):
    late = {**FEBRUARY, **MARCH}
    one = {old: DayRows(1, 1, at(f"{old}T12:00"))}
    for events in (late, {**late, **one}):
        answer = assess_readiness(flights, {**QUARTER, "flights": events})
        assert isinstance(answer, Waiting) and "60 days that retrain.min_train" in answer.reasons[0]


def test_three_days_are_told_with_their_rows(flights):
    few = {
        "2013-02-01": DayRows(1, 1, at("2013-02-01T12:00")),
        "2013-02-03": DayRows(5, 5, at("2013-02-03T12:00")),
        "2013-04-01": DayRows(9, 9, at("2013-04-01T12:00")),
    }
    answer = assess_readiness(flights, {**QUARTER, "flights": few})
    assert isinstance(answer, Waiting)
    assert "2 hold rows (1 row on 2013-02-01, 5 rows on 2013-02-03)" in answer.reasons[0]
    assert "14 days that holdout asks for, 1 holds rows (9 rows on 2013-04-01)" in answer.reasons[1]


def test_days_without_rows_that_stand_in_no_way_are_told(flights):
    gap = {day: rows for day, rows in QUARTER["flights"].items() if not "02-03" < day[5:] < "02-08"}
    answer = assess_readiness(flights, {**QUARTER, "flights": gap})
    assert isinstance(answer, Ready)
    (told,) = answer.gaps
    assert told.endswith(
        "56 hold rows (100 rows on 2013-01-18, 100 rows on 2013-01-19, 100 rows on "
        "2013-01-20, …); nothing from 2013-02-04 to 2013-02-07"
    )


def test_who_has_rows_on_working_days_alone_is_ready(flights):
    working = {
        day: rows
        for day, rows in QUARTER["flights"].items()
        if datetime.fromisoformat(day).weekday() < 5
    }
    assert isinstance(assess_readiness(flights, {**QUARTER, "flights": working}), Ready)


def test_what_share_of_the_days_is_enough_is_a_setting(flights):
    weekly = {**QUARTER, "flights": rows("2013-01-01T10:00", "2013-04-02T10:00", every=7)}
    assert isinstance(assess_readiness(flights, weekly), Waiting)
    retrain = flights.retrain.model_copy(update={"min_coverage": 0.1})
    patient = flights.model_copy(update={"retrain": retrain})
    assert isinstance(assess_readiness(patient, weekly), Ready)


def test_facts_are_waited_for_by_the_days_or_the_periods_in_which_they_come():
    facts = "role: facts, key: [carrier], time: at, columns: {carrier: string, at: timestamp}"
    window = "{name: strikes_7d, from: strikes, by: [carrier], count: rows, over: 7d}"
    text = (Path(__file__).parents[3] / "feature_repo/flights/problem.yaml").read_text()
    text = text.replace("windows:\n", f"windows:\n    - {window}\n")
    answers = {}
    for every in ("", ", every: 1w"):
        declared = f"datasets:\n  strikes: {{{facts}{every}}}\n"
        problem = parse_problem(text.replace("datasets:\n", declared))
        assert isinstance(assess_readiness(problem, QUARTER), Waiting)
        weekly = {**QUARTER, "strikes": rows("2013-01-01T10:00", "2013-04-02T10:00", every=7)}
        answers[every] = assess_readiness(problem, weekly)
    assert isinstance(answers[", every: 1w"], Ready)
    assert isinstance(answers[""], Waiting)
    assert all("strikes: of the" in reason for reason in answers[""].reasons)


@given(st.sets(st.integers(0, 91)))
def test_never_ready_with_fewer_days_than_asked_for(chosen: set[int]) -> None:
    """Whatever days hold rows, a run has its share of them in the hold-out and before it."""
    days = sorted(QUARTER["flights"])
    events = {day: QUARTER["flights"][day] for number, day in enumerate(days) if number in chosen}
    answer = assess_readiness(FLIGHTS, {**QUARTER, "flights": events})
    if isinstance(answer, Ready):
        start = f"{answer.holdout_start:%Y-%m-%d}"
        before = f"{answer.holdout_start - timedelta(days=61):%Y-%m-%d}"
        assert sum(day >= start for day in events) >= 0.6 * 14
        assert sum(before <= day <= start for day in events) >= 0.6 * 60
