"""Use case: the columns of a data set are declared in another way; read a batch's file again.

Its raw parts are written over, and it is validated again. Until then, and where its object is gone,
its rows stay as they are: who reads them adapts them (:mod:`ghosteam.data.declared`).
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.faults import faults_of_content
from ghosteam.data.formats import format_of
from ghosteam.documents import batch_events, keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.rejection import Rejection
from ghosteam.errors import Defect, InvalidInput, NotFound
from ghosteam.json_object import JsonObject
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.hashes import DIGITS, reading_hash
from ghosteam.problem.load import find_problem
from ghosteam.runtime.observability import logger
from ghosteam.steps.announce_landing import announce_landing
from ghosteam.steps.hand_over import hand_over, work_bytes
from ghosteam.steps.ingest_file import Ingest, write_raw

ReadResult = Literal["read", "repeated", "gone", "rejected", "handed over"]


def read_again(event: JsonObject, ingest: Ingest) -> ReadResult:
    """Read the batch that a ``ReadAgain`` event is about.

    Raises:
        Defect: the ledger does not know the batch.
        NotFound: the problem or its data set is not deployed any more.
    """
    detail = event["detail"]
    problem = find_problem(ingest.problems, detail["problem"])
    record = ingest.ledger.find(problem.problem, detail["dataset"], detail["batch_id"])
    if record is None:
        raise Defect(
            "The ledger does not know the batch", where=detail, remedy="Drop the file again"
        )
    if record.dataset not in problem.datasets:
        raise NotFound(f"The problem has no data set {record.dataset!r} any more", where=detail)
    dataset, source = problem.datasets[record.dataset], record.source
    if record.read_as == reading_hash(dataset)[:DIGITS]:
        ingest.bus.publish(batch_events.ingested(record, source.key))
        return "repeated"
    bytes_of_work = work_bytes(source.size, format_of(source.key))
    if ingest.function_bytes is not None and bytes_of_work > ingest.function_bytes:
        hand_over("ingest_file", event, record, lake=ingest.lake, bus=ingest.bus)
        return "handed over"
    with tempfile.TemporaryDirectory(dir=ingest.scratch) as folder:
        try:
            read = _read(ingest, record, dataset, Path(folder))
        except NotFound:
            logger.warning("a file is gone and stays as it was read", extra=asdict(source))
            ingest.bus.publish(batch_events.ingested(record, source.key))
            return "gone"
        except InvalidInput as error:
            _refuse(ingest, record, error)
            return "rejected"
    again = ingest.ledger.note(
        record,
        read_as=read.read_as,
        raw_parts=read.parts,
        rows=read.rows,
        reading=read.reading,
    )
    ingest.bus.publish(batch_events.ingested(replace(again, parts=read.parts), source.key))
    return "read"


def _read(ingest: Ingest, record: BatchRecord, dataset: Dataset, folder: Path) -> BatchRecord:
    source, path = record.source, folder / "file"
    ingest.landing.download(source.key, path, version_id=source.version_id, size=source.size)
    file = DatasetFile(path, format_of(source.key), dataset, ingest.part_rows)
    with faults_of_content("Reading the file", key=source.key):
        return write_raw(ingest, record, file, folder / "part.parquet")


def _refuse(ingest: Ingest, record: BatchRecord, error: InvalidInput) -> None:
    """The file cannot be read as its columns are declared now: its rows count no more."""
    place = (record.problem, record.dataset, record.batch_id)
    rejection = Rejection.of(error, record.source)
    ingest.lake.put_json(keys.rejection(*place), rejection.to_json())
    ingest.bus.publish(batch_events.rejected(ingest.ledger.note(record, status="rejected")))
    for key in ingest.ledger.holding(*place):
        announce_landing(
            record.problem,
            record.dataset,
            key,
            ledger=ingest.ledger,
            bus=ingest.bus,
            batch_id=record.batch_id,
        )
