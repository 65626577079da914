"""Rows that are found through other rows: requests, training sets and the parity gate see the same
ones, whatever is corrected when.
"""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from random import Random
from typing import Any

import polars as pl
import pytest

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.documents.parity import FeatureParity, Parity
from ghosteam.features.available import Availability
from ghosteam.features.training_set import join_features, read_sources
from ghosteam.features.views import views_of
from ghosteam.monitoring.log_frames import predictions_frame
from ghosteam.monitoring.log_records import records_of
from ghosteam.monitoring.prediction_log import Gathered
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.asked_rows import features_of
from ghosteam.steps.measure_parity import served_parity, stored_parity
from ghosteam.steps.online_features import read_online
from tests import documents
from tests.prediction_log import prediction
from tests.unit.features.landed import DAY, HOUR, START, TIME, Land, Materialize

TEXT = """
version: 1
problem: trips
task: binary
entities: {trip: [trip]}
event_time: start
target: {name: late, expr: delay > 5, known_at: event_time + 1h}
datasets:
  trips:
    role: events
    columns: {trip: integer, start: timestamp, bus: "string?", delay: "number?"}
  buses: {key: [bus], static: true, columns: {bus: string, depot: "integer?", city: "string?"}}
  depots: {key: [depot], static: true, through: {depot: buses.depot},
    columns: {depot: integer, size: "integer?"}}
  air: {key: [city], time: hour, every: 12h, through: {city: buses.city},
    columns: {city: string, hour: timestamp, dust: "number?"}}
  rosters: {key: [bus], time: day, every: 1d,
    columns: {bus: string, day: timestamp, driver: "string?"}}
  drivers: {key: [driver], static: true, through: {driver: rosters.driver},
    columns: {driver: string, years: "integer?"}}
features:
  join: [depots.size, air.dust, drivers.years, buses.depot]
  derived: [{name: room, expr: depots.size / (1 + drivers.years)}]
"""
HUGE = 2**53
BUSES, DEPOTS, CITIES, DRIVERS = ("b1", "b2", "b3"), (1, 2, -3, HUGE, HUGE + 1), "XY", ("d1", "d2")
SCHEMAS: dict[str, dict[str, Any]] = {
    "trips": {"trip": pl.Int64, "start": TIME, "bus": pl.String, "delay": pl.Float64},
    "buses": {"bus": pl.String, "depot": pl.Int64, "city": pl.String},
    "depots": {"depot": pl.Int64, "size": pl.Int64},
    "air": {"city": pl.String, "hour": TIME, "dust": pl.Float64},
    "rosters": {"bus": pl.String, "day": TIME, "driver": pl.String},
    "drivers": {"driver": pl.String, "years": pl.Int64},
}
TIMES = {"trips": "start", "air": "hour", "rosters": "day"}


@pytest.fixture
def trips() -> Problem:
    return parse_problem(TEXT)


def frame(dataset: str, rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMAS[dataset], orient="row")


def drawn(dataset: str, random: Random) -> pl.DataFrame:
    """Some rows, of which many correct earlier ones, and some lack what they may."""

    def moment(every: timedelta) -> Any:
        return START + random.randrange(4 * DAY // every) * every

    def row() -> tuple[Any, ...]:
        match dataset:
            case "trips":
                bus = random.choice((*BUSES, None))
                return random.randrange(9), moment(5 * HOUR), bus, random.choice((1.0, 9.0))
            case "buses":
                depot, city = random.choice((*DEPOTS, 1, 2, None)), random.choice((*CITIES, None))
                return random.choice(BUSES), depot, city
            case "depots":
                return random.choice(DEPOTS), random.choice((5, 7, None))
            case "air":
                return random.choice(CITIES), moment(12 * HOUR), random.random()
            case "rosters":
                return random.choice(BUSES), moment(DAY), random.choice((*DRIVERS, None))
        return random.choice(DRIVERS), random.randrange(9)

    rows = (
        random.randrange(9, 18) if dataset in ("air", "depots", "buses") else random.randrange(2, 7)
    )
    return frame(dataset, [row() for _ in range(rows)])


def features_online(client: Any, problem: Problem, events: pl.DataFrame) -> list[dict[str, Any]]:
    rows, times = events.to_dicts(), events[EVENT_TIME].to_list()
    return features_of(problem, rows, times, read_online(client, problem, "on", rows, times))


@pytest.mark.parametrize("seed", range(6))
def test_requests_and_training_sets_see_the_same_after_every_correction(
    seed: int, trips: Problem, land: Land, materialize: Materialize, lake: Objects, dynamodb: Any
) -> None:
    random, parts = Random(seed), dict[str, list[str]]()
    order = [*SCHEMAS, *random.choices([*SCHEMAS], k=12)]
    seen = set[Any]()
    for number, dataset in enumerate(order):
        batch, rows = f"x{number}", drawn(dataset, random)
        key, time = f"trips/{dataset}/{number}.csv", TIMES.get(dataset)
        land(dataset, batch, rows, key=key, time=time)
        materialize(dataset, batch)
        named = [keys.validated_part("trips", dataset, batch, part) for part in range(2)]
        parts.setdefault(dataset, []).extend(named)
        if len(parts) < len(SCHEMAS):
            continue
        sources = read_sources(trips, parts, lambda key: pl.read_parquet(BytesIO(lake.get(key))))
        joined = join_features(sources.events, trips, sources.views)
        online = features_online(dynamodb, trips, sources.events)
        offline = joined.select(trips.feature_names).to_dicts()
        assert online == offline
        for found in offline:
            seen |= {name for name, value in found.items() if value is not None}
            assert found["depots__size"] is None or abs(found["buses__depot"]) < HUGE
    assert seen >= {"depots__size", "air__dust", "drivers__years"}


class Counts:
    """Passes reads on, and counts them."""

    def __init__(self, client: Any) -> None:
        self.client, self.requests = client, 0

    def batch_get_item(self, **asked: Any) -> Any:
        self.requests += 1
        return self.client.batch_get_item(**asked)


def fleet(land: Land, materialize: Materialize, city: str, batch: str) -> None:
    """The bus b1 stands in a depot of a city; each has its own size and air."""
    depot = 1 + CITIES.index(city)
    land("buses", batch, frame("buses", [("b1", depot, city)]), key=f"trips/buses/{batch}", time="")
    materialize("buses", batch)


def world(land: Land, materialize: Materialize) -> None:
    """Depots, and the air over their cities, for the first day."""
    land("depots", "d", frame("depots", [(1, 10), (2, 20)]), key="trips/depots/d", time="")
    air = [(city, START, dust) for city, dust in (("X", 0.1), ("Y", 0.2))]
    land("air", "a", frame("air", air), key="trips/air/a", time="hour")
    for dataset, batch in (("depots", "d"), ("air", "a")):
        materialize(dataset, batch)


def test_a_request_is_read_in_two_turns_whatever_its_rows(
    trips: Problem, land: Land, materialize: Materialize, dynamodb: Any
) -> None:
    world(land, materialize)
    fleet(land, materialize, "X", "x")
    rows = [{"bus": bus} for bus in ("b1", "b2", None) for _ in range(30)]
    client: Any = Counts(dynamodb)
    found = read_online(client, trips, "on", rows, [START + HOUR] * len(rows))
    assert client.requests == 2
    assert (found[0].features["depots__size"], found[0].features["air__dust"]) == (10, 0.1)
    assert found[0].freshness_seconds["air"] == 3600
    for other in (found[30], found[60]):
        assert set(other.features.values()) == {None}
        assert set(other.freshness_seconds.values()) == {None}


def test_a_row_that_moves_is_found_where_it_is_now(
    trips: Problem, land: Land, materialize: Materialize, dynamodb: Any
) -> None:
    world(land, materialize)

    def asked() -> tuple[Any, Any]:
        [row] = read_online(dynamodb, trips, "on", [{"bus": "b1"}], [START + HOUR])
        return row.features["depots__size"], row.features["air__dust"]

    fleet(land, materialize, "X", "x")
    assert asked() == (10, 0.1)
    fleet(land, materialize, "Y", "y")
    assert asked() == (20, 0.2)


FRAMES = {
    keys.validated_part("trips", dataset, batch, 0): frame(dataset, rows)
    for dataset, batch, rows in (
        ("trips", "t", [(day, START + day * DAY, "b1", 1.0) for day in range(4)]),
        ("buses", "x", [("b1", 1, "X")]),
        ("buses", "y", [("b1", 2, "Y")]),
        ("depots", "d", [(1, 10), (2, 20)]),
        ("air", "a", [("X", START + DAY, 0.1)]),
        ("rosters", "r", [("b1", START, "d1")]),
        ("drivers", "v", [("d1", 3)]),
    )
}
PARTS = {
    name: tuple(key for key in FRAMES if key.startswith(keys.validated("trips", name)))
    for name in SCHEMAS
}
MOVED_AT = {"buses/y": START + 2 * DAY}


def test_what_could_be_read_online_then_is_what_was_there_of_both(trips: Problem) -> None:
    available = Availability(MOVED_AT)
    sources = read_sources(trips, PARTS, FRAMES.__getitem__, available)
    then = join_features(sources.events, trips, sources.views).sort("trip")
    assert then["depots__size"].to_list() == [10, 10, 20, 20]
    known = read_sources(trips, PARTS, FRAMES.__getitem__)
    now = join_features(known.events, trips, known.views)
    assert now["depots__size"].to_list() == [20] * 4


def served(trips: Problem, sizes: list[float]) -> Parity:
    """A prediction for each trip at its time, with these sizes of depots, and the training set."""
    sources = read_sources(trips, PARTS, FRAMES.__getitem__)
    trained = join_features(sources.events, trips, sources.views).sort("trip")
    lines = [
        prediction(
            f"p{trip['trip']}",
            problem="trips",
            event={"trip": trip["trip"]},
            event_time=trip["start"].isoformat(),
            made_at=trip["start"].isoformat(),
            outputs={},
            features={"depots__size": size},
            freshness_seconds={"depots": 0.0},
        )
        for trip, size in zip(trained.to_dicts(), sizes, strict=True)
    ]
    found = Gathered(trips, ("event", "features", "freshness_seconds"), pl.lit(True))
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    found.add(predictions_frame(records_of([("a", body)]).predictions))
    plan = documents.plan("trips", parts=PARTS, available_at=MOVED_AT)
    return served_parity(found.log(), trained, trips, plan, FRAMES.__getitem__)


def test_what_the_rows_of_then_led_to_is_late_and_anything_else_is_different(
    trips: Problem,
) -> None:
    sizes = served(trips, [10, 10, 20, 20]).served["depots__size"]
    assert sizes == FeatureParity(4, late=2)
    sizes = served(trips, [10, 11, 20, 10]).served["depots__size"]
    assert sizes == FeatureParity(4, late=1, different=2)


def test_values_that_a_newer_move_explains_are_not_judged(
    trips: Problem, land: Land, materialize: Materialize, dynamodb: Any
) -> None:
    world(land, materialize)
    fleet(land, materialize, "Y", "y")
    parts = {**PARTS, "buses": PARTS["buses"][:1]}
    sources = read_sources(trips, parts, FRAMES.__getitem__)
    holdout = join_features(sources.events, trips, sources.views)
    plan = documents.plan("trips", parts=parts, online_prefix="on")

    def size(newer: dict[str, list[pl.DataFrame]]) -> FeatureParity:
        return stored_parity(dynamodb, holdout, trips, plan, newer=newer).stored["depots__size"]

    assert size({}) == FeatureParity(4, different=4)
    [moved] = [FRAMES[key] for key in PARTS["buses"][1:]]
    assert size({"buses": [moved]}) == FeatureParity()
    assert size({"depots": [frame("depots", [(1, 9)])]}) == FeatureParity()
    assert size({"depots": [frame("depots", [(3, 9)])]}) == FeatureParity(4, different=4)


def test_views_of_a_path_come_after_those_that_tell_its_keys(trips: Problem) -> None:
    names = [view.name for view in views_of(trips)]
    assert names == ["buses", "rosters", "depots", "air", "drivers"]
