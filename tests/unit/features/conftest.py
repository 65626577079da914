"""A small problem with one view of each kind, and the pieces of an embedded AWS (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import boto3
import polars as pl
import pytest
from moto import mock_aws

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.features.online import Written
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.materialize_features import materialize_features
from tests.accounts import create_state_table
from tests.online import create_online_table
from tests.unit.features.landed import HOUR, START, Events, Follow, Land, Materialize

TRIPS = """
version: 1
problem: trips
task: binary
entities: {trip: [trip]}
event_time: start
target: {name: late, expr: delay > 5, known_at: start + delay minutes}
datasets:
  trips:
    role: events
    columns: {trip: integer, start: timestamp, line: string, stop: "string?", bus: "string?",
      delay: "number?"}
  weather: {key: [stop], time: hour, every: 1h, known_after: 1h,
    columns: {stop: string, hour: timestamp, temp: "number?", sky: "string?"}}
  buses: {key: [bus], static: true, columns: {bus: string, seats: "integer?"}}
features:
  request: [line]
  join: [weather.temp, weather.sky, buses.seats]
  windows: [{name: line_late_2d, by: [line], rate: late, over: 2d, min_rows: 2}]
"""


@pytest.fixture
def trips() -> Problem:
    return parse_problem(TRIPS)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(aws: None, trips: Problem) -> Any:
    """A DynamoDB client, with the online table under the prefix ``on``."""
    client = boto3.client("dynamodb")
    create_online_table(client, "on")
    return client


@pytest.fixture
def noon() -> datetime:
    return datetime(2024, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def lake(aws: None) -> Objects:
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")
    return Objects(client, "lake")


@pytest.fixture
def state(dynamodb: Any) -> StateTable:
    return create_state_table(dynamodb)


@pytest.fixture
def ledger(state: StateTable) -> BatchLedger:
    return BatchLedger(state)


@pytest.fixture
def land(ledger: BatchLedger, lake: Objects) -> Land:
    """Put a validated batch of two parts into the lake and the ledger; ``key`` is its landing
    key.
    """
    order = iter(range(100))

    def land(
        dataset: str, batch_id: str, rows: pl.DataFrame, *, key: str, time: str | None
    ) -> None:
        now = (START + next(order) * HOUR).isoformat()
        source = LandedObject("landing", key, None, f"{next(order):04X}", 1, now)
        low, high = (rows[time].min(), rows[time].max()) if time else (None, None)
        span = {"min_time": low and low.isoformat(), "max_time": high and high.isoformat()}
        record = BatchRecord(batch_id, "trips", dataset, "validated", source, now, parts=2, **span)
        for part, frame in enumerate((rows.head(1), rows.slice(1))):
            body = BytesIO()
            frame.write_parquet(body)
            lake.put(keys.validated_part("trips", dataset, batch_id, part), body.getvalue())
        ledger.begin(record)
        ledger.advance(record, until=())
        ledger.land(record, source)

    return land


@pytest.fixture
def follow(state: StateTable, lake: Objects, dynamodb: Any, events: Events) -> Follow:
    """Materialize a batch under the folder, and what serves."""

    def run(dataset: str, batch_id: str, folder: Problem, *serving: Problem) -> Written:
        return materialize_features(
            folder,
            dataset,
            batch_id,
            serving=serving,
            state=state,
            lake=lake,
            online=dynamodb,
            online_prefix="on",
            bus=Bus(events, "bus"),
            now=START,
        )

    return run


@pytest.fixture
def materialize(trips: Problem, follow: Follow) -> Materialize:
    return lambda dataset, batch_id: follow(dataset, batch_id, trips)
