"""A small problem with one view of each kind, and the pieces of an embedded AWS (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ghosteam.features.views import online_table, views_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem

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
    """A DynamoDB client, with the problem's online tables under the prefix ``on``."""
    client = boto3.client("dynamodb")
    for view in views_of(trips):
        client.create_table(
            TableName=online_table("on", "trips", view.name),
            KeySchema=[{"AttributeName": "entity_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "entity_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return client


@pytest.fixture
def noon() -> datetime:
    return datetime(2024, 3, 5, 12, tzinfo=UTC)
