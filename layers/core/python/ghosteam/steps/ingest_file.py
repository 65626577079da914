"""Use case: a file landed; turn it into typed raw parts, once, whatever is delivered how often and
in which order.

Every step may be the last one before a kill. So each write follows from the content alone, the
ledger says how far the batch got, and the event that hands it on is published after everything
else, and again when the same delivery comes again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.data.batch import batch_id, unread_batch_id
from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.faults import faults_of_content
from ghosteam.data.formats import Format, format_of
from ghosteam.data.markers import marker_reason
from ghosteam.documents import batch_events, keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.ignored_file import IgnoredFile
from ghosteam.documents.rejection import Rejection
from ghosteam.errors import InvalidInput, NotFound, TooLarge
from ghosteam.json_object import JsonObject
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.hashes import DIGITS, reading_hash
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count, logger
from ghosteam.steps.announce_landing import announce_landing
from ghosteam.steps.careful_reading import check_in_a_process
from ghosteam.steps.hand_over import hand_over, work_bytes

UNKNOWN = "_unknown"
IngestResult = Literal[
    "ingested", "duplicate", "repeated", "late", "rejected", "ignored", "handed over"
]


@dataclass(frozen=True)
class Ingest:
    """Everything that ingesting a file needs.

    ``function_bytes``: more work than this is handed over to a job; None where there is no such
    limit, as in that job. ``scratch``: a folder on a disk that holds the file; None for the
    system's folder of temporary files.
    """

    landing: Objects
    lake: Objects
    ledger: BatchLedger
    bus: Bus
    problems: Mapping[str, Problem]
    max_file_bytes: int
    part_rows: int
    function_bytes: int | None = None
    scratch: Path | None = None


def source_of(event: JsonObject) -> LandedObject:
    """The object version that an EventBridge document of S3 is about: "Object Created", or "Object
    Deleted", which tells no size.
    """
    detail = event["detail"]
    thing = detail["object"]
    return LandedObject(
        bucket=detail["bucket"]["name"],
        key=thing["key"],
        version_id=thing.get("version-id"),
        sequencer=thing["sequencer"],
        size=int(thing.get("size", 0)),
        landed_at=event["time"],
    )


def ingest_file(event: JsonObject, ingest: Ingest, *, now: datetime) -> IngestResult:
    """Ingest the file that ``event`` is about. ``now``: wall clock, UTC.

    What a data owner must fix is recorded as a rejection and not raised: a retry cannot cure it.
    """
    source = source_of(event)
    if source.key.endswith("/") and not source.size:
        return "ignored"  # the marker that the S3 console makes for an empty folder
    problem, name = keys.landing_target(source.key) or (UNKNOWN, UNKNOWN)
    if reason := marker_reason(source.key):
        return _ignore(ingest, source, problem if problem in ingest.problems else UNKNOWN, reason)
    try:
        dataset = _dataset(ingest.problems, source, problem, name)
    except InvalidInput as error:
        return _refuse(
            ingest, source, problem if problem in ingest.problems else UNKNOWN, name, error
        )
    if ingest.ledger.is_late(problem, name, source):
        logger.info("nothing depends on this version any more", extra={"source": asdict(source)})
        return "late"
    identity = unread_batch_id(source.bucket, source.key, source.version_id, source.sequencer)
    record = BatchRecord(identity, problem, name, "ingesting", source, now.isoformat())
    try:
        file_format = _readable_format(ingest, source)
    except InvalidInput as error:
        return _refuse_batch(ingest, record, error)
    if (
        ingest.function_bytes is not None
        and work_bytes(source.size, file_format) > ingest.function_bytes
    ):
        hand_over("ingest_file", event, record, lake=ingest.lake, bus=ingest.bus)
        return "handed over"
    with tempfile.TemporaryDirectory(dir=ingest.scratch) as folder:
        path = Path(folder) / "file"
        try:
            ingest.landing.download(
                source.key, path, version_id=source.version_id, size=source.size
            )
        except InvalidInput as error:
            return _refuse_batch(ingest, record, error)
        file = DatasetFile(path, file_format, dataset, ingest.part_rows)
        # All files without rows are equal, but each speaks of its own key.
        if dataset.empty != "allowed" or not file.is_empty:
            record = replace(record, batch_id=batch_id(problem, name, file_format, path))
        return _ingest_content(ingest, record, file, path.with_name("part.parquet"))


def _ignore(ingest: Ingest, source: LandedObject, problem: str, reason: str) -> IngestResult:
    """Pass over a file that is no data: on record, and nobody is told."""
    identity = unread_batch_id(source.bucket, source.key, source.version_id, source.sequencer)
    ignored = IgnoredFile(source, reason)
    ingest.lake.put_json(keys.ignored(problem, UNKNOWN, identity), ignored.to_json())
    count("FilesIgnored", 1, Problem=problem)
    return "ignored"


def _dataset(
    problems: Mapping[str, Problem], source: LandedObject, problem_name: str, dataset_name: str
) -> Dataset:
    if problem_name == UNKNOWN:
        raise InvalidInput(
            "The file lies where nothing is expected",
            where={"key": source.key},
            remedy="Drop files at <problem>/<dataset>/<file name>",
        )
    problem = find_problem(problems, problem_name)
    if dataset_name not in problem.datasets:
        raise NotFound(
            f"The problem {problem_name!r} has no data set {dataset_name!r}",
            where={"key": source.key},
            remedy=f"Known data sets: {', '.join(problem.datasets)}",
        )
    return problem.datasets[dataset_name]


def _readable_format(ingest: Ingest, source: LandedObject) -> Format:
    file_format = format_of(source.key)
    if source.size > ingest.max_file_bytes:
        raise TooLarge(
            f"The file has {source.size} bytes, more than {ingest.max_file_bytes}",
            where={"key": source.key},
            remedy="Split it into smaller files",
        )
    return file_format


def _ingest_content(
    ingest: Ingest, record: BatchRecord, file: DatasetFile, scratch: Path
) -> IngestResult:
    source, labels = record.source, {"Problem": record.problem, "Dataset": record.dataset}
    begun = record.received_at
    record = ingest.ledger.begin(record)
    if record.status == "rejected":
        ingest.bus.publish(batch_events.rejected(record))
        return "rejected"
    new = record.status == "ingesting"
    if new:
        try:
            with faults_of_content("Reading the file", key=source.key):
                if record.received_at != begun and file.file_format == "parquet":
                    check_in_a_process(file.path, file.part_rows)
                record = write_raw(ingest, record, file, scratch)
        except InvalidInput as error:
            return _refuse_batch(ingest, record, error)
        record = ingest.ledger.advance(record, until=("ingested", "validated", "rejected"))
    order = ingest.ledger.land(record, source)
    if order == "late":
        return "late"
    if record.status != "validated":
        ingest.bus.publish(batch_events.ingested(record, source.key))
    elif order != "unchanged":
        announce_landing(
            record.problem, record.dataset, source.key, ledger=ingest.ledger, bus=ingest.bus
        )
    if new:
        count("RowsIngested", record.rows, **labels)
        return "ingested"
    if order == "again":
        return "repeated"
    count("DuplicateBatches", 1, **labels)
    return "duplicate"


def write_raw(ingest: Ingest, record: BatchRecord, file: DatasetFile, scratch: Path) -> BatchRecord:
    """Each batch of rows is a part of the lake, by way of the file ``scratch``. Returns the record
    with what was read.
    """
    parts = rows = 0
    for part in file.parts():
        write_part(part, scratch)
        with scratch.open("rb") as body:
            ingest.lake.put(
                keys.raw_part(record.problem, record.dataset, record.batch_id, parts), body
            )
        parts, rows = parts + 1, rows + part.height
    return replace(
        record,
        status="ingested",
        parts=parts,
        rows=rows,
        read_as=reading_hash(file.dataset)[:DIGITS],
        reading=file.reading,
    )


def write_part(frame: pl.DataFrame, path: Path) -> None:
    """Write a Parquet part: equal frames are equal bytes."""
    frame.write_parquet(path, compression="zstd", statistics=True, row_group_size=1 << 20)


def _refuse_batch(ingest: Ingest, record: BatchRecord, error: InvalidInput) -> IngestResult:
    """Refuse a batch of a known data set: on record in the ledger too."""
    ingest.ledger.begin(record)
    rejection = Rejection.of(error, record.source)
    place = (record.problem, record.dataset, record.batch_id)
    ingest.lake.put_json(keys.rejection(*place), rejection.to_json())
    refused = ingest.ledger.advance(replace(record, status="rejected"), until=("validated",))
    ingest.bus.publish(batch_events.rejected(refused))
    count("BatchesRejected", 1, Problem=record.problem, Dataset=record.dataset)
    return "rejected"


def _refuse(
    ingest: Ingest, source: LandedObject, problem: str, dataset: str, error: InvalidInput
) -> IngestResult:
    """Refuse a file that belongs to no data set: there is no ledger to put it in."""
    identity = unread_batch_id(source.bucket, source.key, source.version_id, source.sequencer)
    record = BatchRecord(identity, problem, dataset, "rejected", source, source.landed_at)
    rejection = Rejection.of(error, source)
    ingest.lake.put_json(keys.rejection(problem, dataset, identity), rejection.to_json())
    ingest.bus.publish(batch_events.rejected(record))
    count("BatchesRejected", 1, Problem=problem, Dataset=dataset if problem != UNKNOWN else UNKNOWN)
    return "rejected"
