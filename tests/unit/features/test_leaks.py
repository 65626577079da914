"""The future is rewritten in every kind of data; what was learned of the past stays the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ghosteam.features.available import Availability
from ghosteam.features.split import Spans, split
from ghosteam.features.training_set import (
    join_features,
    model_frame,
    read_sources,
)
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import EVENT_TIME, Problem
from tests.unit.features.conftest import TRIPS
from tests.unit.features.landed import BUSES, DAY, EVENTS, HOUR, START, WEATHER

WILD = 1e6
NOW = START + 6 * DAY + 7 * HOUR + timedelta(minutes=30)
SPANS = Spans(START, NOW, START + 10 * DAY)
Lake = dict[str, pl.DataFrame]
CHECKS = {"stop": pl.String, "at": pl.Datetime("us", "UTC"), "wait": pl.Float64}
FACTS = """
  checks: {role: facts, key: [stop], time: at, known_after: 1h,
    columns: {stop: string, at: timestamp, wait: number}}
features:"""
WINDOW = "windows: [{name: stop_wait, from: checks, by: [stop], mean: wait, over: 2d, min_rows: 1},"
DERIVED = """
  derived: [{name: mild, expr: weather.temp < 500}, {name: bad, expr: line_late_2d > 0.3}]
"""
TEXT = TRIPS.replace("\nfeatures:", FACTS).replace("windows: [", WINDOW).rstrip() + DERIVED
TOLD = """
version: 1
problem: trips
task: binary
entities: {trip: [trip]}
event_time: start
target: {name: late, expr: delay > 5, known_at: told}
datasets:
  trips: {role: events, id: [trip], columns: {trip: integer, start: timestamp, line: string}}
  ends: {role: labels, of: trips,
    columns: {trip: integer, delay: "number?", told: "timestamp?"}}
features:
  request: [line]
  windows: [{name: line_late_2d, by: [line], rate: late, over: 2d, min_rows: 1}]
  derived: [{name: bad, expr: line_late_2d > 0.3}]
"""


def lake(step: timedelta, shift: timedelta) -> Lake:
    """Ten days of trips, and weather and a check every ``step`` at ``shift`` past the hour."""
    trips = [
        (i, START + i * 3 * HOUR + timedelta(minutes=20), "57"[i % 2], "A", "b1", float(i % 9))
        for i in range(80)
    ]
    count = 10 * DAY // step
    hours = [("A", START + shift + i * step, float(i), "grey") for i in range(count)]
    return {
        "trips": pl.DataFrame(trips, EVENTS, orient="row"),
        "weather": pl.DataFrame(hours, WEATHER, orient="row"),
        "checks": pl.DataFrame([hour[:3] for hour in hours], CHECKS, orient="row"),
        "buses": pl.DataFrame([("b1", 40)], BUSES, orient="row"),
    }


def problem_of(every: str, known_after: str) -> Problem:
    timed = f"every: {every}, known_after: {known_after}"
    return parse_problem(TEXT.replace("every: 1h, known_after: 1h", timed))


def learned(problem: Problem, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The training set of a model that is trained at ``NOW``."""
    parts = {name: [name] for name in problem.datasets}
    sources = read_sources(problem, parts, frames.__getitem__)
    train, _, _ = split(sources.events, SPANS, problem=problem)
    return model_frame(join_features(train, problem, sources.views), problem)


def rewritten(frames: Lake, kind: str, known_after: timedelta, newest: datetime) -> Lake:
    """The same lake with other values in all that one kind of data says after ``newest``."""
    trips, weather = frames["trips"], frames["weather"]
    known = pl.col("start") + pl.duration(minutes=pl.col("delay"))
    wild = pl.lit(WILD)
    match kind:
        case "request":
            future = pl.when(pl.col("start") > newest).then(pl.lit("9"))
            return {**frames, "trips": trips.with_columns(future.otherwise("line").alias("line"))}
        case "timed":
            late = pl.when(pl.col("hour") + known_after > newest)
            columns = [
                late.then(wild).otherwise("temp").alias("temp"),
                late.then(pl.lit("wild")).otherwise("sky").alias("sky"),
            ]
            return {**frames, "weather": weather.with_columns(columns)}
        case "facts":
            late = pl.when(pl.col("at") + HOUR > newest)
            wait = late.then(wild).otherwise("wait").alias("wait")
            return {**frames, "checks": frames["checks"].with_columns(wait)}
        case "outcome":
            other = pl.when(pl.col("delay") > 5).then(1.0).otherwise(8.0)
            late = pl.when(known > NOW).then(other).otherwise("delay")
            return {**frames, "trips": trips.with_columns(late.alias("delay"))}
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", ["request", "timed", "facts", "outcome"])
@given(
    every=st.sampled_from(["1h", "6h", "1d", "1w", "1 month"]),
    known_after=st.sampled_from([0, 1, 30]),
    minutes=st.integers(0, 59),
    step=st.sampled_from([1, 7, 24]),
    hour=st.integers(0, 23),
)
@example("1d", 0, 0, 24, 18)
@example("1h", 0, 51, 1, 0)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=2, deadline=None
)
def test_what_is_rewritten_after_an_event_changes_nothing_that_was_learned(
    kind: str, every: str, known_after: int, minutes: int, step: int, hour: int
) -> None:
    problem = problem_of(every, f"{known_after}h")
    shift = timedelta(hours=hour, minutes=minutes)
    frames = lake(step * HOUR, shift)
    before = learned(problem, frames)
    newest = before[EVENT_TIME].max()
    assert isinstance(newest, datetime)
    other = rewritten(frames, kind, known_after * HOUR, newest)
    assert any(not other[name].equals(frame) for name, frame in frames.items())
    assert learned(problem, other).equals(before)


@given(
    every=st.sampled_from(["10m", "1h", "6h", "1d", "1w", "1 month"]),
    known_after=st.integers(0, 50),
    offsets=st.lists(st.integers(0, 10 * 24 * 60), min_size=1, max_size=20, unique=True),
)
@example("1d", 0, [18 * 60])
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=5, deadline=None
)
def test_no_event_finds_a_row_before_its_own_time_and_known_after_have_passed(
    every: str, known_after: int, offsets: list[int]
) -> None:
    """Each row's value is its own time, in minutes since the start."""
    problem = problem_of(every, f"{known_after}h")
    rows = [("A", START + timedelta(minutes=at), float(at), None) for at in offsets]
    frames = {**lake(HOUR, timedelta()), "weather": pl.DataFrame(rows, WEATHER, orient="row")}
    train = learned(problem, frames)
    asked = (train[EVENT_TIME] - START).dt.total_minutes()
    late = train.filter(train["weather__temp"] + known_after * 60 > asked)
    assert late.is_empty()


def test_the_rows_that_may_be_found_are_found() -> None:
    """Without this, a join that finds nothing would pass as free of leaks."""
    train = learned(problem_of("1h", "1h"), lake(HOUR, timedelta(minutes=51)))
    for feature in (*FEATURES.values(), "weather__sky", "bad"):
        assert train[feature].null_count() < train.height / 2, feature


def test_a_window_never_holds_an_outcome_of_the_events_own_day_or_later() -> None:
    problem = problem_of("1h", "1h")
    frames = lake(HOUR, timedelta())
    before = learned(problem, frames)
    for day in range(1, 6):
        midnight = START + day * DAY
        known = pl.col("start") + pl.duration(minutes=pl.col("delay"))
        other = pl.when(pl.col("delay") > 5).then(1.0).otherwise(8.0)
        late = pl.when(known >= midnight).then(other).otherwise("delay").alias("delay")
        trips = frames["trips"].with_columns(late)
        after = learned(problem, {**frames, "trips": trips})
        past = pl.col(EVENT_TIME) < midnight + DAY
        one, two = (frame.filter(past)["line_late_2d"].to_list() for frame in (before, after))
        assert one == two


def test_a_label_that_is_told_later_is_no_target_and_in_no_window_before() -> None:
    problem = parse_problem(TOLD)
    trips = lake(HOUR, timedelta())["trips"].select("trip", "start", "line", "delay")
    later = pl.duration(minutes=20 + pl.col("trip") * 397 % 3000)
    ends = trips.select("trip", "delay", told=pl.col("start") + later)
    frames = {"trips": trips.drop("delay"), "ends": ends}
    before = learned(problem, frames)
    assert before.height > 20 and before["line_late_2d"].null_count() < before.height / 2
    assert before["bad"].n_unique() > 2
    for told in (NOW, *(START + day * DAY for day in range(1, 7))):
        other = pl.when(pl.col("told") > told).then(10 - pl.col("delay")).otherwise("delay")
        rewritten = ends.with_columns(other.alias("delay"))
        assert not rewritten.equals(ends)
        after = learned(problem, {**frames, "ends": rewritten})
        if told == NOW:
            assert after.equals(before)
            continue
        known, past = pl.col("known_at") <= told, pl.col(EVENT_TIME) < told + DAY
        assert after.filter(known)["target"].equals(before.filter(known)["target"])
        one, two = (frame.filter(past).select("line_late_2d", "bad") for frame in (after, before))
        assert one.equals(two)


def test_static_rows_are_those_of_the_plan_and_no_later_landed_ones(trips: Problem) -> None:
    """A static row has no time: what the run's plan does not name is its future."""
    frames = lake(HOUR, timedelta())
    read: list[str] = []

    def part(key: str) -> pl.DataFrame:
        read.append(key)
        return frames[key]

    later: Any = pl.DataFrame([("b1", int(WILD))], BUSES, orient="row")
    frames["later"] = later
    parts = {name: [name] for name in trips.datasets}
    sources = read_sources(trips, parts, part)
    assert sources.views["buses"].collect()["buses__seats"].to_list() == [40.0]
    assert "later" not in read
    sources = read_sources(trips, {**parts, "buses": ["buses", "later"]}, part)
    assert sources.views["buses"].collect()["buses__seats"].to_list() == [WILD]


def test_outcome_columns_are_no_features_and_late_outcomes_no_targets() -> None:
    problem = problem_of("1h", "1h")
    train = learned(problem, lake(HOUR, timedelta()))
    assert "delay" not in train.columns
    assert (train["known_at"] <= NOW).all()
    assert (train[EVENT_TIME] < NOW).all()


LATE = START + 4 * DAY + 6 * HOUR
"""When what was planted came online."""
PLANTED: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    # A line's trips that were all late, an hour of weather, checks of a stop, and a bus.
    "window": (
        "trips",
        [(900 + i, START + timedelta(days=2, hours=i), "5", "A", "b1", 9.0) for i in range(20)],
    ),
    "timed": ("weather", [("A", START + hour * HOUR, WILD, "wild") for hour in range(9 * 24)]),
    "facts": ("checks", [("A", START + hour * HOUR, WILD) for hour in range(9 * 24)]),
    "static": ("buses", [("b1", int(WILD))]),
}
PLANTED["derived"] = PLANTED["timed"]
FEATURES = {
    "derived": "mild",
    "window": "line_late_2d",
    "timed": "weather__temp",
    "facts": "stop_wait",
    "static": "buses__seats",
}
CLOCKS = {
    "known_at": TEXT,
    "available_at": TEXT.replace("  request:", "  clock: available_at\n  request:"),
}


def learned_by(clock: str, kind: str, *, planted: bool) -> pl.DataFrame:
    """The training set; all is on record as available since its own time but what was planted."""
    problem, frames = parse_problem(CLOCKS[clock]), lake(HOUR, timedelta())
    dataset, rows = PLANTED[kind]
    parts = {name: [f"validated/trips/{name}/first/0"] for name in problem.datasets}
    there = {parts[name][0]: frame for name, frame in frames.items()}
    if planted:
        late = f"validated/trips/{dataset}/late/0"
        there[late] = pl.DataFrame(rows, frames[dataset].schema, orient="row")
        parts[dataset] = [*parts[dataset], late]
    available = Availability({f"{dataset}/late": LATE}) if clock == "available_at" else None
    sources = read_sources(problem, parts, there.__getitem__, available)
    train, _, _ = split(sources.events, SPANS, problem=problem)
    own = train.filter(pl.col("trip") < 900)
    return model_frame(join_features(own, problem, sources.views), problem)


@pytest.mark.parametrize("kind", PLANTED)
def test_a_row_that_came_late_is_seen_by_no_earlier_event_where_the_clock_says_so(
    kind: str,
) -> None:
    feature, earlier = FEATURES[kind], pl.col(EVENT_TIME) < LATE
    for clock in CLOCKS:
        without, planted = (
            learned_by(clock, kind, planted=also)[EVENT_TIME, feature] for also in (False, True)
        )
        changed = without[feature].ne_missing(planted[feature])
        early, late = (
            changed.filter(planted.select(when).to_series()) for when in (earlier, ~earlier)
        )
        assert late.any(), "what was planted is seen once it is there"
        assert early.any() == (clock == "known_at"), clock


def test_what_is_not_on_record_was_always_available() -> None:
    by_clock = [learned_by(clock, "static", planted=False) for clock in CLOCKS]
    assert by_clock[0].equals(by_clock[1])
