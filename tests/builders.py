"""Shared builders of data: small, valid by default, each test changes what it is about."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem

EVENTS = Path(__file__).parent / "events"
REPOSITORY = Path(__file__).parent.parent / "feature_repo"


def flights_problem(environment: str | None = None) -> Problem:
    """The demo's problem, as it stands in ``feature_repo``."""
    return load_problem(REPOSITORY / "flights", environment=environment)


def flight(**changes: Any) -> dict[str, Any]:
    """One flight as a row of the data set ``flights``; ``flight`` is its number, which makes it
    another entity.
    """
    return {
        "year": 2013,
        "month": 1,
        "day": 1,
        "dep_time": 517,
        "sched_dep_time": 515,
        "dep_delay": 2,
        "arr_time": 830,
        "sched_arr_time": 819,
        "arr_delay": 11,
        "carrier": "UA",
        "flight": 1545,
        "tailnum": "N14228",
        "origin": "EWR",
        "dest": "IAH",
        "air_time": 227,
        "distance": 1400,
        "hour": 5,
        "minute": 15,
        "time_hour": "2013-01-01T10:00:00Z",
        **changes,
    }


def flights(count: int, **changes: Any) -> list[dict[str, Any]]:
    """``count`` valid flights with different numbers, from 1."""
    return [flight(flight=number, **changes) for number in range(1, count + 1)]


def weather(**changes: Any) -> dict[str, Any]:
    """One hour's weather as a row of the data set ``weather``, with a column that is not
    declared.
    """
    return {
        "origin": "EWR",
        "time_hour": "2013-01-01T06:00:00Z",
        "temp": 39.02,
        "dewp": 26.06,
        "humid": 59.37,
        "wind_dir": 270,
        "wind_speed": 10.35702,
        "precip": 0,
        "pressure": 1012,
        "visib": 10,
        **changes,
    }


def plane(**changes: Any) -> dict[str, Any]:
    """One aircraft as a row of the data set ``planes``."""
    return {"tailnum": "N14228", "seats": 149, "engines": 2, **changes}


def csv_bytes(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as a CSV file; the first row names the columns, None is an empty cell."""
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def json_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as JSON lines."""
    return "".join(json.dumps(row, default=datetime.isoformat) + "\n" for row in rows).encode()


def s3_event(
    key: str,
    *,
    size: int,
    sequencer: str,
    version_id: str | None = None,
    time: str = "2013-04-01T00:05:00Z",
    bucket: str = "landing",
) -> dict[str, Any]:
    """EventBridge's document for an object that was created in a bucket."""
    event = _object_event("created", key, sequencer, version_id, time, bucket)
    event["detail"]["object"]["size"] = size
    return event


def s3_deletion(
    key: str,
    *,
    sequencer: str,
    version_id: str | None = None,
    for_good: bool = False,
    time: str = "2013-04-01T00:05:00Z",
    bucket: str = "landing",
) -> dict[str, Any]:
    """EventBridge's document for an object, or for a version ``for_good``, that was deleted."""
    event = _object_event("deleted", key, sequencer, version_id, time, bucket)
    if for_good:
        event["detail"]["deletion-type"] = "Permanently Deleted"
    return event


def _object_event(
    what: str, key: str, sequencer: str, version_id: str | None, time: str, bucket: str
) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"s3_object_{what}.json").read_text())
    thing = event["detail"]["object"]
    thing.update(key=key, sequencer=sequencer)
    thing.pop("version-id")
    if version_id:
        thing["version-id"] = version_id
    event["time"] = time
    event["detail"]["bucket"]["name"] = bucket
    return event


def sqs_event(*documents: Mapping[str, Any], queue: str = "queue") -> dict[str, Any]:
    """What Lambda gets from a queue that holds these event documents."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "handle",
                "body": json.dumps(document),
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:111122223333:{queue}",
                "awsRegion": "us-east-1",
            }
            for number, document in enumerate(documents)
        ]
    }
