from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ghosteam.features.current_events import current_events, outcome_columns
from ghosteam.features.view_rows import (
    KNOWN_FROM,
    lookup_rows,
    view_named,
    with_periods,
)
from ghosteam.features.views import View, views_of
from ghosteam.problem.spec import EVENT_TIME, Problem

TIME = pl.Datetime("us", "UTC")
EVENTS = {"trip": pl.Int64, "start": TIME, "line": pl.String, "delay": pl.Float64}
WEATHER = {"stop": pl.String, "hour": TIME, "temp": pl.Float64, "sky": pl.String}
BUSES = {"bus": pl.String, "seats": pl.Int64}


def view(problem: Problem, name: str) -> View:
    found = view_named(problem, name)
    assert found
    return found


def test_of_two_rows_of_one_entity_the_later_landed_counts(trips: Problem, noon: datetime) -> None:
    assert set(outcome_columns(trips)) == set(EVENTS)
    first = pl.DataFrame([(1, noon, "7", None), (2, noon, "7", 9.0)], schema=EVENTS, orient="row")
    second = pl.DataFrame([(1, noon, "7", 3.0)], schema=EVENTS, orient="row")
    rows = current_events([first, second], trips).sort("trip")
    assert rows["target"].to_list() == [0, 1]
    assert rows["known_at"].to_list() == [noon + timedelta(minutes=3), noon + timedelta(minutes=9)]


def test_an_event_without_outcome_has_neither_target_nor_time_of_knowing(
    trips: Problem, noon: datetime
) -> None:
    rows = current_events(
        [pl.DataFrame([(1, noon, "7", None)], schema=EVENTS, orient="row")], trips
    )
    assert rows.select("target", "known_at").row(0) == (None, None)


def test_a_timed_row_belongs_to_the_period_that_begins_at_its_time_or_next_after_it(
    trips: Problem, noon: datetime
) -> None:
    minute = timedelta(minutes=1)
    rows = [
        ("A", noon, 1.0, "grey"),
        ("A", noon + timedelta(microseconds=1), 2.0, None),
        ("A", noon + 59 * minute, 3.0, None),
        (None, noon, 0.0, "none"),
    ]
    weather = view(trips, "weather")
    found = lookup_rows([(pl.DataFrame(rows, WEATHER, orient="row"), noon)], trips, weather)
    assert found.rows(named=True) == [
        {
            "stop": "A",
            "weather_period": int((noon + later).timestamp()),
            "weather__temp": temp,
            "weather__sky": sky,
            KNOWN_FROM: noon + later + timedelta(hours=1),
        }
        for later, temp, sky in ((timedelta(), 1.0, "grey"), (timedelta(hours=1), 3.0, None))
    ]


def test_a_correction_replaces_the_row_of_its_time_and_no_newer_one(
    trips: Problem, noon: datetime
) -> None:
    early, late = noon - timedelta(minutes=50), noon - timedelta(minutes=5)
    first = pl.DataFrame([("A", early, 1.0, "a"), ("A", late, 2.0, "b")], WEATHER, orient="row")
    weather = view(trips, "weather")
    for moment, expected in ((early, 2.0), (late, 7.0)):
        correction = pl.DataFrame([("A", moment, 7.0, "c")], WEATHER, orient="row")
        rows = lookup_rows([(first, noon), (correction, noon)], trips, weather)
        assert rows["weather__temp"].to_list() == [expected]


def test_a_static_row_is_the_latest_landed_and_its_time_never_goes_back(
    trips: Problem, noon: datetime
) -> None:
    old = pl.DataFrame([("b1", 40), ("b2", None)], schema=BUSES, orient="row")
    new = pl.DataFrame([("b1", 50)], schema=BUSES, orient="row")
    rows = lookup_rows([(old, noon), (new, noon - timedelta(days=1))], trips, view(trips, "buses"))
    assert rows.rows() == [("b1", 50.0, noon), ("b2", None, noon)]


@given(moment=st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_offline_and_online_look_up_the_same_period(trips: Problem, moment: datetime) -> None:
    row = with_periods(pl.DataFrame({EVENT_TIME: [moment]}, schema={EVENT_TIME: TIME}), trips).row(
        0, named=True
    )
    for timed in views_of(trips):
        if timed.period_key:
            assert row[timed.period_key] == timed.period_at(moment)
