"""Use case: a batch of a stream's records lands as one file; records that are no rows go to
quarantine with their reason.

Lambda tells a failure destination only where the records of a failed batch stood, not what they
held: so what is wrong with a record is written here, and the batch succeeds. The keys follow from
the shard and the sequence numbers: a batch that comes again overwrites equals.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ghosteam.aws.objects import Objects
from ghosteam.data.quarantine import QuarantinedRow, Reason, to_json_lines
from ghosteam.documents import keys
from ghosteam.errors import Defect
from ghosteam.json_object import JsonObject
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.finite_json import loads
from ghosteam.problem.sources import StreamSource
from ghosteam.problem.spec import Problem
from ghosteam.runtime.calls import KinesisData, StreamRecord
from ghosteam.runtime.observability import count


@dataclass(frozen=True)
class Receiving:
    """Everything that receiving needs."""

    landing: Objects
    lake: Objects
    problems: Mapping[str, Problem]


def stream_name(prefix: str, problem: str, source: str) -> str:
    """Name of a source's Kinesis stream. Problems and sources have no dashes in their names."""
    return f"{prefix}-{problem}-{source}"


def receive_stream(records: Sequence[StreamRecord], receiving: Receiving) -> JsonObject:
    """Land the records of one Lambda invocation: all of one shard, in their order.

    Returns ``{"rows", "quarantined"}``.

    Raises:
        Defect: no source of a deployed problem has this stream.
        Transient: the buckets cannot be written to; nothing is lost, for the records come again.
    """
    problem, name, source = _source(records[0], receiving.problems)
    dataset = problem.datasets[source.dataset]
    first, last = (records[index]["kinesis"]["sequenceNumber"] for index in (0, -1))
    shard = str(records[0]["eventID"]).partition(":")[0]
    batch = f"source-{name}-{shard}-{first}-{last}"
    rows: list[str] = []
    poison: list[QuarantinedRow] = []
    for number, record in enumerate(records, 1):
        body = base64.b64decode(record["kinesis"]["data"])
        row = parse_row(body, dataset)
        if isinstance(row, Reason):
            poison.append(QuarantinedRow(number, _as_received(body, record["kinesis"]), (row,)))
        else:
            rows.append(json.dumps(row, sort_keys=True, allow_nan=False) + "\n")
    if poison:
        lines = to_json_lines(poison, {"stream": records[0]["eventSourceARN"], "shard": shard})
        receiving.lake.put(keys.quarantine_part(problem.problem, source.dataset, batch, 0), lines)
        count("RowsQuarantined", len(poison), Problem=problem.problem, Dataset=source.dataset)
    if rows:
        key = keys.landed(problem.problem, source.dataset, f"{batch}.jsonl")
        receiving.landing.put(key, "".join(rows).encode(), content_type="application/x-ndjson")
    return {"rows": len(rows), "quarantined": len(poison)}


def parse_row(body: bytes, dataset: Dataset) -> JsonObject | Reason:
    """A record's row, or why it is none. Values are checked later, with those of every file."""
    try:
        row = loads(body)
        json.dumps(row, ensure_ascii=False).encode()  # half a surrogate pair cannot be stored
    except (ValueError, RecursionError) as error:
        return Reason(None, "json", None, f"Send one JSON object in UTF-8 a record: {error}")
    if not isinstance(row, dict):
        return Reason(None, "object", None, "Send one JSON object a record")
    missing = [
        name
        for name, column in dataset.columns.items()
        if not column.nullable and row.get(name) is None
    ]
    if missing:
        return Reason(missing[0], "required", None, f"Give {', '.join(missing)}")
    return row


def _source(
    record: StreamRecord, problems: Mapping[str, Problem]
) -> tuple[Problem, str, StreamSource]:
    arn = str(record["eventSourceARN"])
    _, problem, name = f"--{arn}".rsplit("-", 2)
    source = problems[problem].sources.get(name) if problem in problems else None
    if not isinstance(source, StreamSource):
        raise Defect(
            f"No source has the stream {arn}",
            where={"stream": arn},
            remedy="Deploy the Data stack again",
        )
    return problems[problem], name, source


def _as_received(body: bytes, record: KinesisData) -> JsonObject:
    """The record for people: its text, or base64 where it is none."""
    identity = {
        "sequence_number": record["sequenceNumber"],
        "partition_key": record["partitionKey"],
    }
    try:
        return {**identity, "text": body.decode()}
    except UnicodeDecodeError:
        return {**identity, "base64": base64.b64encode(body).decode()}
