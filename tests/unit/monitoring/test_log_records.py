"""What is no record of the prediction log is told, kept, and stops nothing."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ghosteam.documents.keys import UNDELIVERED
from ghosteam.monitoring.log_frames import NESTED, predictions_frame
from ghosteam.monitoring.log_records import records_of
from ghosteam.monitoring.prediction_log import Gathered
from tests.accounts import Account, memory_account
from tests.prediction_log import deliver, failed_call, prediction
from tests.unit.monitoring.test_prediction_log import FLIGHTS, ids, read, settle

__all__ = ["settle"]


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        yield made


def test_what_is_no_record_is_told_with_its_place_and_the_rest_is_read(account):
    no_outputs_at_all = {k: v for k, v in prediction("p3").items() if k != "event_time"}
    key = deliver(
        account.lake,
        prediction("p1"),
        b'{"cut',
        no_outputs_at_all,
        b"[]",
        prediction("p4", outputs={"late": "NaN"}),
        prediction("p5", event={"flight": {"deep": 1}}),
        prediction("p6", problem="../flights"),
        b"\xff\xfe",
        prediction("p2"),
    )
    whole = gzip.compress(json.dumps(prediction("p7")).encode())
    account.lake.put("prediction-log-raw/2024/07/02/12/b.gz", whole[:-9])
    log = read(account)
    assert ids(log) == ["p1", "p2"]
    assert [place.removeprefix(f"{key}:") for place in log.damaged] == [
        *map(str, (2, 3, 4, 5, 6, 7, 8)),
        "prediction-log-raw/2024/07/02/12/b.gz",
    ]


def test_records_that_nothing_separates_are_told_apart(account):
    joined = b"".join(json.dumps(prediction(name)).encode() for name in ("p1", "p2"))
    deliver(account.lake, joined, joined.replace(b"p1", b"p3") + b'{"cut')
    log = read(account)
    assert ids(log) == ["p1", "p2", "p3"] and len(log.damaged) == 1


def undelivered(*records: dict[str, Any], raw: bytes | None = None) -> bytes:
    """A line of what Firehose could not work on."""
    envelope = {
        "messageType": "DATA_MESSAGE",
        "logEvents": [{"message": json.dumps(record)} for record in records],
    }
    body = gzip.compress(json.dumps(envelope).encode()) if raw is None else raw
    told = {
        "errorCode": "DataDecompression.Failed",
        "errorMessage": "no gzip",
        "rawData": base64.b64encode(body).decode(),
    }
    return json.dumps(told).encode() + b"\n"


def test_what_firehose_could_not_work_on_is_read_and_what_holds_no_record_is_told(account, settle):
    body = undelivered(prediction("p1"), prediction("p2")) + undelivered(raw=b"\x1f\x8bcut")
    account.lake.put(f"{UNDELIVERED}x", body + b'{"rawData": 3}\n')
    assert len(read(account).damaged) == 2
    settle()
    assert ids(read(account)) == ["p1", "p2"]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=4), inside),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(prediction())), JSON))
@example({"event_time": "0001-01-01T00:00:00+14:00"})
@example({"features": {"hour": 10**400}})
@example({"features": {"hour": 1.5, "dest": 10**400}})
@example({"event": {"carrier": "\ud800"}})
@example({"outputs": {"late": 10**400}})
def test_no_record_whatever_stops_what_reads_or_writes_the_log(changes):
    lines = [prediction("good"), {**prediction("odd"), **changes}, failed_call(rows="x")]
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    found = records_of([("a", body)])
    frame = predictions_frame([one for one in found.predictions if one.problem == "flights"])
    frame.write_parquet(BytesIO())
    gathered = Gathered(FLIGHTS, NESTED, pl.lit(True))
    gathered.add(frame)
    assert "good" in gathered.log().predictions["prediction_id"].to_list()
    assert len(found.predictions) + len(found.calls) + len(found.damaged) == 3


@given(st.binary(max_size=60))
def test_no_bytes_whatever_stop_a_reader(body):
    for key in ("prediction-log-raw/a", f"{UNDELIVERED}a"):
        records_of([(key, body), (key, gzip.compress(body))])
