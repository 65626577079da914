"""Records of a stream: rows land, poison is kept with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.aws.objects import Objects
from ghosteam.data.quarantine import Reason
from ghosteam.errors import Defect
from ghosteam.steps.receive_stream import Receiving, parse_row, receive_stream
from tests.accounts import memory_account
from tests.unit.sources.builders import ARN, parcel_bytes, parcels_problem, record

PROBLEM = parcels_problem()


@pytest.fixture
def receiving() -> Iterator[Receiving]:
    with memory_account() as account:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="landing")
        yield Receiving(
            landing=Objects(s3, "landing"), lake=account.lake, problems={"parcels": PROBLEM}
        )


def _keys(objects: Objects) -> list[str]:
    return [item.key for item in objects.list("")]


def test_a_batch_lands_as_one_file_named_by_shard_and_sequence_numbers(
    receiving: Receiving,
) -> None:
    assert receive_stream(
        [record(parcel_bytes(1), 100), record(parcel_bytes(2), 101)], receiving
    ) == {
        "rows": 2,
        "quarantined": 0,
    }
    key = "parcels/parcels/source-scans-shardId-000000000006-100-101.jsonl"
    assert _keys(receiving.landing) == [key] and _keys(receiving.lake) == []
    assert [json.loads(line)["id"] for line in receiving.landing.get(key).splitlines()] == [1, 2]


def test_a_batch_that_comes_again_changes_nothing(receiving: Receiving) -> None:
    records = [record(parcel_bytes(1), 100), record(b"?", 101)]
    receive_stream(records, receiving)
    before = [
        (objects.get(key))
        for objects in (receiving.landing, receiving.lake)
        for key in _keys(objects)
    ]
    receive_stream(records, receiving)
    assert [
        (objects.get(key))
        for objects in (receiving.landing, receiving.lake)
        for key in _keys(objects)
    ] == before
    assert len(before) == 2


@pytest.mark.parametrize(
    ("body", "column", "rule", "kept"),
    [
        (b"{", None, "json", {"text": "{"}),
        (b"\xff\xfe", None, "json", {"base64": "//4="}),
        (b'{"id": NaN}', None, "json", {"text": '{"id": NaN}'}),
        (b'{"id": 1e999}', None, "json", {"text": '{"id": 1e999}'}),
        (b'{"id": "\\ud800"}', None, "json", {"text": '{"id": "\\ud800"}'}),
        (b"[1]", None, "object", {"text": "[1]"}),
        (
            b'{"id": 1, "sent_at": null, "weight": 2}',
            "sent_at",
            "required",
            {"text": '{"id": 1, "sent_at": null, "weight": 2}'},
        ),
    ],
)
def test_a_poison_record_alone_goes_to_quarantine_with_its_reason(
    receiving: Receiving, body: bytes, column: str | None, rule: str, kept: dict[str, str]
) -> None:
    found = receive_stream(
        [record(parcel_bytes(1), 100), record(body, 101), record(parcel_bytes(2), 102)], receiving
    )
    assert found == {"rows": 2, "quarantined": 1}
    (key,) = _keys(receiving.lake)
    assert (
        key
        == "quarantine/parcels/parcels/source-scans-shardId-000000000006-100-102/part-00000.jsonl"
    )
    document = json.loads(receiving.lake.get(key))
    assert document["values"] == {"sequence_number": "101", "partition_key": "p", **kept}
    assert document["row"] == 2 and document["source"] == {
        "stream": ARN,
        "shard": "shardId-000000000006",
    }
    (reason,) = document["reasons"]
    assert (reason["column"], reason["rule"]) == (column, rule) and reason["remedy"]


def test_a_batch_of_poison_only_lands_no_file(receiving: Receiving) -> None:
    assert receive_stream([record(b"", 1)], receiving) == {"rows": 0, "quarantined": 1}
    assert _keys(receiving.landing) == []


@pytest.mark.parametrize(
    "stream", ["ghosteam-test-letters-scans", "ghosteam-test-parcels-api", "scans"]
)
def test_a_stream_of_no_source_is_a_defect(receiving: Receiving, stream: str) -> None:
    with pytest.raises(Defect):
        receive_stream(
            [
                record(
                    parcel_bytes(1),
                    1,
                    arn=f"arn:aws:kinesis:us-east-1:123456789012:stream/{stream}",
                )
            ],
            receiving,
        )


@given(
    st.binary()
    | st.recursive(
        st.none() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_record_is_a_row_or_has_a_reason(value: Any) -> None:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    found = parse_row(body, PROBLEM.events)
    assert isinstance(found, Reason) or json.dumps(found, allow_nan=False)
