"""Mean, sum and count of a target that is a number: equal offline, online and by a plain loop."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from ghosteam.documents.parity import FeatureParity
from ghosteam.features.parity import Compared
from ghosteam.features.training_set import join_features, read_sources
from ghosteam.features.views import views_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.online_features import read_online
from tests.unit.features.landed import HOUR, START, Land, Materialize

DAY = timedelta(days=1)
NAMES = ("stop_mean", "stop_sum", "stop_rows", "stop_some", "hours_1d", "hours_2d")

SCHEMA = {
    "trip": pl.Int64,
    "start": pl.Datetime("us", "UTC"),
    "stop": pl.String,
    "hour": pl.Int64,
    "delay": pl.Float64,
}
NUMBERS = """
version: 1
problem: trips
task: regression
entities: {trip: [trip]}
event_time: start
target: {name: minutes_late, expr: delay, known_at: start + delay minutes}
datasets:
  trips:
    role: events
    columns: {trip: integer, start: timestamp, stop: "string?", hour: integer, delay: "number?"}
features:
  request: [hour]
  windows:
    - {name: stop_mean, by: [stop], mean: minutes_late, over: 2d, min_rows: 2}
    - {name: stop_sum, by: [stop], sum: minutes_late, over: 2d}
    - {name: stop_rows, by: [stop], count: rows, over: 2d}
    - {name: stop_some, by: [stop], count: rows, over: 2d, min_rows: 3}
"""


@pytest.fixture
def trips() -> Problem:
    hours = "    - {name: hours, by: [stop], distinct: hour, over: [1d, 2d]}\n"
    return parse_problem(NUMBERS + hours)


def rows(*, seed: int = 0) -> pl.DataFrame:
    """Six days, eight trips a day; the stop C has a day with trips and then none; some trips have
    no stop, some no outcome.
    """
    draw = random.Random(seed)
    made = []
    for number in range(48):
        stop = draw.choice(["A", "A", "B", "C" if number < 8 else "B", None])
        delay = draw.choice([0.1, 0.7, 1e-9, 63.3, 1234.56, None])
        made.append((number, START + number * 3 * HOUR, stop, number % 24, delay))
    return pl.DataFrame(made, schema=SCHEMA, orient="row")


def offline(frame: pl.DataFrame, problem: Problem) -> pl.DataFrame:
    """The training set."""
    sources = read_sources(problem, {"trips": ["trips"]}, lambda _: frame)
    return join_features(sources.events, problem, sources.views)


def by_a_loop(frame: pl.DataFrame, problem: Problem) -> list[dict[str, float | None]]:
    known = [
        (row["stop"], row["start"] + timedelta(minutes=row["delay"]), row["delay"], row["hour"])
        for row in frame.iter_rows(named=True)
        if row["delay"] is not None
    ]
    found: list[dict[str, float | None]] = []
    for row in frame.iter_rows(named=True):
        midnight = row["start"].replace(hour=0)
        of_stop = [one for one in known if one[0] == row["stop"] and one[1] < midnight]
        values = [value for _, at, value, _ in of_stop if midnight - 2 * DAY <= at]
        hours = [{hour for _, at, _, hour in of_stop if midnight - n * DAY <= at} for n in (1, 2)]
        count, total = float(len(values)), math.fsum(values)
        found.append(
            {
                "stop_mean": total / count if count >= 2 else None,
                "stop_sum": total,
                "stop_rows": count,
                "stop_some": count if count >= 3 else None,
                "hours_1d": len(hours[0]),
                "hours_2d": len(hours[1]),
            }
            if row["stop"]
            else dict.fromkeys(NAMES)
        )
    return found


def test_training_set_and_online_store_are_what_a_loop_over_the_rows_gives(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    frame = rows()
    land("trips", "t1", frame.head(20), key="trips/trips/a.csv", time="start")
    land("trips", "t2", frame.slice(20), key="trips/trips/b.csv", time="start")
    for batch_id in ("t2", "t1"):
        materialize("trips", batch_id)
    joined = offline(frame, trips)
    events = joined.sort("trip").to_dicts()
    times = [event[EVENT_TIME] for event in events]
    online = [row.features for row in read_online(dynamodb, trips, "on", events, times)]
    expected = by_a_loop(frame, trips)
    names = [name for view in views_of(trips) for name in view.features.values()]
    assert tuple(names) == NAMES
    compared = Compared(joined.sort("trip").select(names), pl.DataFrame(online).select(names))
    assert {compared.counted(name) for name in names} == {FeatureParity(48)}
    for number, wanted in enumerate(expected):
        for name in names:
            value = wanted[name]
            close = value if value is None else pytest.approx(value, rel=1e-12)
            assert online[number][name] == close, (number, name)
    counts = [row["stop_rows"] for row in expected]
    assert {0.0, None} < set(counts) and max(count or 0 for count in counts) >= 3
    assert all(joined.schema[name] == pl.Float64 for name in names)


def test_the_order_of_rows_and_files_changes_no_bit(trips: Problem) -> None:
    frame = rows(seed=3)
    one = offline(frame, trips).sort("trip")
    other = offline(frame.sample(fraction=1, shuffle=True, seed=1), trips)
    assert one.equals(other.sort("trip").select(one.columns))


def test_what_a_new_version_of_a_file_no_longer_holds_is_no_row_afterwards(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    frame = pl.DataFrame(
        [(1, START, "A", 0, 5.0), (2, START, "B", 0, 7.5)], schema=SCHEMA, orient="row"
    )

    def of(*stops: str | None) -> list[list[Any]]:
        asked = [{"stop": stop} for stop in stops]
        found = read_online(dynamodb, trips, "on", asked, [START + DAY + HOUR] * len(stops))
        return [[row.features[name] for name in NAMES[:4]] for row in found]

    land("trips", "t1", frame, key="trips/trips/a.csv", time="start")
    materialize("trips", "t1")
    assert of("B", "never seen", None) == [
        [None, 7.5, 1.0, None],
        [None, 0.0, 0.0, None],
        [None, None, None, None],
    ]
    land("trips", "t2", frame.head(1), key="trips/trips/a.csv", time="start")
    for changed in ("t1", "t2"):  # the one that counts no more is told too
        materialize("trips", changed)
    assert of("A", "B") == [[None, 5.0, 1.0, None], [None, 0.0, 0.0, None]]


def test_windows_of_a_number_that_is_private_are_private() -> None:
    private = parse_problem(
        NUMBERS.replace('delay: "number?"', "delay: {type: number, nullable: true, private: true}")
    )
    assert private.private_features == {"stop_mean", "stop_sum"}
    hours = NUMBERS.replace("sum: minutes_late", "max: hour").replace(
        "mean: minutes_late", "distinct: hour"
    )
    assert parse_problem(hours).private_features == set()
    secret = parse_problem(hours.replace("hour: integer", "hour: {type: integer, private: true}"))
    assert secret.private_features == {"hour", "stop_sum"}
    assert private.logged_features == ("hour", "stop_rows", "stop_some")
