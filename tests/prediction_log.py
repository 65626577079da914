"""The prediction log as Firehose delivers it, for tests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from ghosteam.aws.objects import Objects
from ghosteam.documents.keys import DELIVERED
from ghosteam.monitoring.log_frames import predictions_frame
from ghosteam.monitoring.log_records import records_of

Record = dict[str, Any]
ENTITY: Mapping[str, Any] = {
    "year": 2013,
    "month": 7,
    "day": 1,
    "carrier": "UA",
    "flight": 15,
    "origin": "EWR",
    "sched_dep_time": 900,
}


def prediction(prediction_id: str = "p1", **changes: Any) -> Record:
    """A record of today's form."""
    return {
        "record_type": "prediction",
        "schema_version": 2,
        "problem": "flights",
        "prediction_id": prediction_id,
        "call_id": "c",
        "assigned": "champion",
        "answered": "champion",
        "model_version": "1",
        "endpoint": "e",
        "event_time": "2013-07-01T13:00:00+00:00",
        "made_at": "2024-07-02T12:30:00+00:00",
        "latency_ms": 3,
        "event": dict(ENTITY),
        "outputs": {"late": 0.25},
        "features": {
            "carrier": "UA",
            "origin": "EWR",
            "hour": 9,
            "distance": 1400.0,
            "weather__temp": None,
        },
        "freshness_seconds": {"weather": 60.0, "planes": None},
        **changes,
    }


def failed_call(call_id: str = "f1", **changes: Any) -> Record:
    """A record of today's form."""
    return {
        "record_type": "prediction_error",
        "schema_version": 2,
        "problem": "flights",
        "call_id": call_id,
        "asked": "challenger",
        "model_version": "2",
        "endpoint": "e2",
        "made_at": "2024-07-02T12:30:00+00:00",
        "rows": 4,
        "error": "ModelError",
        **changes,
    }


def older(record: Record) -> Record:
    """The same prediction, or call, as the releases before wrote it."""
    old = {name: value for name, value in record.items() if name != "schema_version"}
    old["version"] = 2
    if "asked" in old:
        return {
            **{k: v for k, v in old.items() if k not in ("asked", "model_version")},
            "slot": record["asked"],
        }
    old["slot"], old["entity"] = old.pop("answered"), old.pop("event")
    del old["assigned"]
    return old


def frame_of(records: Iterable[Record]) -> pl.DataFrame:
    """Records as they are stored."""
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in records)
    return predictions_frame(records_of([("a", lines)]).predictions)


def deliver(
    lake: Objects,
    *lines: Record | bytes,
    name: str = "a",
    hour: str = "2024/07/02/12",
    prefix: str = DELIVERED,
) -> str:
    """Put an object of lines; returns its key."""
    body = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    key = f"{prefix}{hour}/{name}.jsonl.gz"
    lake.put(key, gzip.compress(body))
    return key
