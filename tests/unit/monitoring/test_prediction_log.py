"""Reading the prediction log back, whole or damaged."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import polars as pl
import pytest
from moto import mock_aws

from ghosteam.aws.objects import Objects
from ghosteam.problem.load import load_problem, parse_problem
from ghosteam.steps.prediction_log import read_log

FLIGHTS = load_problem(Path(__file__).parents[3] / "feature_repo" / "flights")
NOON = datetime(2024, 7, 2, 12, 30, tzinfo=UTC)
ENTITY = {
    "year": 2013,
    "month": 7,
    "day": 1,
    "carrier": "UA",
    "flight": 15,
    "origin": "EWR",
    "sched_dep_time": 900,
}


@pytest.fixture
def lake(monkeypatch) -> Iterator[Objects]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="lake")
        yield Objects(client, "lake")


def record(prediction_id: str, **changes) -> dict:
    return {
        "record_type": "prediction",
        "version": 1,
        "problem": "flights",
        "prediction_id": prediction_id,
        "entity": ENTITY,
        "event_time": "2013-07-01T13:00:00+00:00",
        "made_at": "2024-07-02T12:30:00+00:00",
        "model_version": "1",
        "slot": "champion",
        "endpoint": "e",
        "outputs": {"late": 0.25},
        "features": {
            "carrier": "UA",
            "origin": "EWR",
            "hour": 9,
            "distance": 1400.0,
            "weather__temp": None,
        },
        "freshness_seconds": {"weather": 60.0},
        "call_id": "c",
        "latency_ms": 3,
        **changes,
    }


def put(lake: Objects, hour: str, *lines: dict | bytes, name: str = "a.gz") -> None:
    body = b"\n".join(
        line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines
    )
    lake.put(f"predictions/{hour}/{name}", gzip.compress(body + b"\n"))


def read(lake: Objects, **changes):
    around = {"since_arrival": NOON, "until_arrival": NOON + timedelta(hours=1)}
    return read_log(lake, problem=FLIGHTS, **{**around, **changes})


def test_a_prediction_comes_back_with_typed_entity_and_feature_columns(lake):
    put(lake, "2024/07/02/12", record("p1"))
    found = read_log(lake, problem=FLIGHTS, since_arrival=NOON, until_arrival=NOON).predictions
    row = found.row(0, named=True)
    assert row["event_time"] == datetime(2013, 7, 1, 13, tzinfo=UTC)
    assert (row["flight"], row["carrier"], row["hour"], row["weather__temp"], row["outputs"]) == (
        15,
        "UA",
        9.0,
        None,
        [0.25],
    )
    assert found.schema["hour"] == pl.Float64 and found.schema["dest"] == pl.String
    assert set(FLIGHTS.feature_names) | set(FLIGHTS.entity_columns) <= set(found.columns)


def test_an_empty_log_has_the_same_columns(lake):
    put(lake, "2024/07/02/12", record("p1"))
    full, empty = (
        read(lake),
        read(lake, since_arrival=NOON + timedelta(days=9), until_arrival=NOON + timedelta(days=9)),
    )
    assert empty.predictions.height == 0 and empty.predictions.schema == full.predictions.schema


def test_only_the_hours_asked_for_are_read_both_ends_included(lake):
    for day, hour in [(2, 11), (2, 12), (2, 13), (2, 14), (3, 12)]:
        put(lake, f"2024/07/{day:02}/{hour}", record(f"{day}-{hour}"))
    assert read(lake).predictions["prediction_id"].to_list() == ["2-12", "2-13"]


def test_a_record_delivered_twice_counts_once(lake):
    put(lake, "2024/07/02/12", record("p1"), record("p1"))
    put(lake, "2024/07/02/13", record("p1"), record("p2"))
    assert read(lake).predictions.height == 2


def test_damaged_lines_and_objects_are_reported_with_their_place_and_the_rest_is_read(lake):
    no_outputs = {name: value for name, value in record("p3").items() if name != "outputs"}
    put(
        lake,
        "2024/07/02/12",
        record("p1"),
        b'{"cut',
        no_outputs,
        b"[]",
        record("p4", outputs={"late": "NaN"}),
        record("p2"),
    )
    whole = gzip.compress(json.dumps(record("p5")).encode())
    lake.put("predictions/2024/07/02/12/b.gz", whole[:-9])
    log = read(lake)
    assert log.predictions["prediction_id"].to_list() == ["p1", "p2"]
    places = [place.removeprefix("predictions/2024/07/02/12/") for place in log.damaged]
    assert places == ["a.gz:2", "a.gz:3", "a.gz:4", "a.gz:5", "b.gz"]


def test_records_that_nothing_separates_are_told_apart(lake):
    joined = b"".join(json.dumps(record(name)).encode() for name in ("p1", "p2"))
    put(lake, "2024/07/02/12", joined, joined.replace(b"p1", b"p3") + b'{"cut')
    log = read(lake)
    assert log.predictions["prediction_id"].to_list() == ["p1", "p2", "p3"]
    assert len(log.damaged) == 1


def test_other_problems_are_left_out_and_errors_are_kept_apart(lake):
    error = {
        "record_type": "prediction_error",
        "problem": "flights",
        "slot": "challenger",
        "endpoint": "e2",
        "call_id": "c1",
        "rows": 4,
        "error": "ModelError",
        "made_at": "2024-07-02T12:30:00Z",
    }
    put(lake, "2024/07/02/12", record("p1", problem="rides"), error, error)
    log = read(lake)
    assert log.predictions.is_empty()
    (found,) = log.errors.to_dicts()
    assert (found["slot"], found["rows"]) == ("challenger", 4)


def test_an_event_window_keeps_its_begin_and_leaves_out_its_end(lake):
    times = ["2013-07-01T12:59:59+00:00", "2013-07-01T13:00:00+00:00", "2013-07-01T14:00:00+00:00"]
    put(lake, "2024/07/02/12", *(record(time, event_time=time) for time in times))
    window = (datetime(2013, 7, 1, 13, tzinfo=UTC), datetime(2013, 7, 1, 14, tzinfo=UTC))
    assert read(lake, event_window=window).predictions["prediction_id"].to_list() == [times[1]]


def test_a_private_feature_is_no_column_of_the_log(lake):
    text = (Path(__file__).parents[3] / "feature_repo" / "flights" / "problem.yaml").read_text()
    private = parse_problem(
        text.replace("dest: {type: string,", "dest: {type: string, private: true,"),
        file="problem.yaml",
    )
    logged = record("p1")
    assert "dest" not in logged["features"]
    lake.put("predictions/2024/07/02/12/a.gz", gzip.compress(json.dumps(logged).encode()))
    found = read_log(lake, problem=private, since_arrival=NOON, until_arrival=NOON)
    assert found.damaged == () and found.predictions.height == 1
    assert "dest" not in found.predictions.columns


def test_a_prediction_of_a_model_with_other_outputs_is_kept_without_them(lake):
    put(lake, "2024/07/02/12", record("p1", outputs={"delayed": 0.3}), record("p2"))
    log = read(lake)
    assert log.damaged == ()
    assert log.predictions["outputs"].to_list() == [None, [0.25]]
