"""A problem with one source of each kind, and answers for them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.sources.http_pages import Fetched
from ghosteam.steps.receive_stream import stream_name

ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/" + stream_name(
    "ghosteam-test", "parcels", "scans"
)

YAML = """
version: 1
problem: parcels
task: binary
entities: {parcel: [id]}
event_time: sent_at
target: {name: late, expr: days > 3, known_at: sent_at + 7d}
datasets:
  parcels:
    role: events
    columns: {id: integer, sent_at: timestamp, weight: number, days: {type: number, nullable: true}}
features: {request: [weight]}
sources:
  api:
    kind: http
    dataset: parcels
    every: 1h
    url: https://api.example.com/v1/parcels?limit=2
    rows: data.items
    next: {field: meta.next}
    cursor: {field: changed, parameter: since, start: 2024-01-01T00:00:00Z}
    header: {name: X-Api-Key, secret: ghosteam/api}
  warehouse:
    kind: sql
    dataset: parcels
    every: 15m
    max_bytes: 1000
    query: SELECT id, sent_at, weight, days, changed FROM parcels WHERE changed > :watermark
    cursor: {field: changed, start: 0}
    secret: ghosteam/warehouse
  scans: {kind: stream, dataset: parcels}
"""


def parcels_problem(*changes: tuple[str, str]) -> Problem:
    """The problem ``parcels``; each change replaces a text of its YAML."""
    text = YAML
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return parse_problem(text, file="parcels/problem.yaml")


def parcel(number: int, changed: Any, **changes: Any) -> dict[str, Any]:
    """One parcel as a source holds it."""
    row = {
        "id": number,
        "sent_at": "2024-01-01T00:00:00Z",
        "weight": 1.5,
        "days": 2,
        "changed": changed,
    }
    return {**row, **changes}


def parcel_bytes(number: int, **changes: Any) -> bytes:
    """One parcel as the body of a record."""
    return json.dumps(parcel(number, 1, **changes)).encode()


def record(body: bytes, sequence: int, arn: str = ARN) -> dict[str, Any]:
    """A record as Lambda hands it over. Source: AWS Lambda Developer Guide, "Using AWS Lambda with
    Amazon Kinesis".
    """
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "p",
            "sequenceNumber": str(sequence),
            "data": base64.b64encode(body).decode(),
            "approximateArrivalTimestamp": 1545084650.987,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000006:{sequence}",
        "eventName": "aws:kinesis:record",
        "awsRegion": "us-east-1",
        "eventSourceARN": arn,
    }


class Pages:
    """A fetch function over fixed answers by URL, which remembers what it was asked for; ``links``:
    header of such an answer.
    """

    def __init__(
        self, answers: Mapping[str, Any], links: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.answers, self.links = answers, links
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, url: str, headers: Mapping[str, str], *, max_bytes: int) -> Fetched:
        self.asked.append((url, dict(headers)))
        answer = self.answers[url]
        if isinstance(answer, list) and answer and isinstance(answer[0], Exception):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Fetched):
            return answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Fetched(body, self.links.get(url, ""))


@contextmanager
def no_database(secret: Mapping[str, Any]) -> Iterator[Any]:
    """For tests that ask no database."""
    raise AssertionError(f"a database was asked: {sorted(secret)}")
    yield
