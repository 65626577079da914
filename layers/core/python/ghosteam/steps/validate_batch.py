"""Use case: a batch was ingested; let its good rows in, quarantine the others, or refuse it whole.

Nothing is uploaded before every row was judged. Every output key and byte follows from the batch,
so a repeated step overwrites equals; the ledger is written after the objects, and the event is
published last.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.data.contracts import contracts_of
from ghosteam.data.expectations import suite_path
from ghosteam.data.faults import faults_of_content
from ghosteam.data.frames import EXTRA, ROW
from ghosteam.data.judged import Judged, over_the_limit, profile_of
from ghosteam.data.newest import followed, keys_of
from ghosteam.data.quarantine import QuarantinedRow, to_json_lines
from ghosteam.data.row_days import rows_by_day, span_of_rows
from ghosteam.data.validate import check_part
from ghosteam.documents import batch_events, keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.coverage import Days
from ghosteam.documents.rejection import Rejection
from ghosteam.errors import Defect, InvalidInput
from ghosteam.json_object import JsonObject
from ghosteam.problem.hashes import DIGITS, contract_hash
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count
from ghosteam.runtime.problems import contract_code
from ghosteam.steps.announce_landing import announce_landing
from ghosteam.steps.hand_over import hand_over
from ghosteam.steps.ingest_file import write_part
from ghosteam.steps.measure_batch import measure_batch

ValidationResult = Literal["validated", "rejected", "repeated", "handed over"]


@dataclass(frozen=True)
class Validation:
    """Everything that validating a batch needs. ``repository``: the folder with one folder a
    problem.

    ``function_rows``: a batch with more rows is handed over to a job; None where there is no such
    limit, as in that job. ``scratch``: a folder on a disk that holds the batch twice; None for the
    system's folder of temporary files.
    """

    lake: Objects
    ledger: BatchLedger
    state: StateTable
    bus: Bus
    problems: Mapping[str, Problem]
    repository: Path
    function_rows: int | None = None
    scratch: Path | None = None


def validate_batch(event: JsonObject, validation: Validation) -> ValidationResult:
    """Validate the batch that a ``BatchIngested`` event is about.

    Raises:
        Defect: the ledger does not know the batch.
    """
    detail = event["detail"]
    problem = find_problem(validation.problems, str(detail["problem"]))
    dataset, batch_id = str(detail["dataset"]), str(detail["batch_id"])
    record = validation.ledger.find(problem.problem, dataset, batch_id)
    if record is None:
        raise Defect(
            "The ledger does not know the batch", where=detail, remedy="Drop the file again"
        )
    key = str(detail["key"])
    judged_as = _contract(validation, problem, record.dataset)
    again = record.status in ("validated", "rejected")
    # What was refused before it was read has no rows that another contract could let in.
    if again and (record.judged_as == judged_as or not record.parts):
        _announce_all(validation, record, key)
        _ask_suite(validation, record)
        return "repeated"
    if validation.function_rows is not None and record.rows > validation.function_rows:
        hand_over("validate_batch", event, record, lake=validation.lake, bus=validation.bus)
        return "handed over"
    with tempfile.TemporaryDirectory(dir=validation.scratch) as folder:
        record = _validate(validation, problem, record, Path(folder), judged_as)
    if again:
        _announce_all(validation, record, key)
    else:
        _announce(validation, record, key)
        measure_batch(problem, record, lake=validation.lake, state=validation.state)
    _ask_suite(validation, record)
    if record.status == "rejected":
        count("BatchesRejected", 1, Problem=record.problem, Dataset=record.dataset)
        return "rejected"
    count(
        "RowsQuarantined", record.quarantined_rows, Problem=record.problem, Dataset=record.dataset
    )
    return "validated"


def _contract(validation: Validation, problem: Problem, dataset: str) -> str:
    code = contract_code(validation.repository / problem.problem)
    return contract_hash(problem, dataset, code)[:DIGITS]


def _validate(
    validation: Validation, problem: Problem, record: BatchRecord, folder: Path, judged_as: str
) -> BatchRecord:
    """The batch, as the ledger holds it afterwards. Its rows of before stay where they are."""
    if record.status == "validated":
        record = replace(record, earlier=(*record.earlier, record.as_revision))
    record = replace(record, judged_as=judged_as)
    raw = _download(validation, record, folder)
    try:
        with faults_of_content("Checking the contract", key=record.source.key):
            judged = _judge(validation, problem, record, raw)
    except InvalidInput as error:
        return _refuse(validation, record, error)
    dataset = problem.datasets[record.dataset]
    if 0 < judged.bad_rows == record.rows or (
        judged.bad_rows >= dataset.reject_at_least
        and judged.bad_rows > dataset.reject_over * record.rows
    ):
        record = replace(record, quarantined_rows=judged.bad_rows)
        _upload(validation, problem, record, judged, "rejected")
        count(
            "RowsQuarantined",
            record.quarantined_rows,
            Problem=record.problem,
            Dataset=record.dataset,
        )
        return _refuse(validation, record, over_the_limit(record, judged, dataset.reject_over))
    days = rows_by_day(problem, record, judged.paths)
    record = described(problem, record, judged, days)
    _upload(validation, problem, record, judged, "validated")
    validation.ledger.count_rows(record, days)
    return validation.ledger.judge(record)


def _announce_all(validation: Validation, record: BatchRecord, key: str) -> None:
    """At every key that holds the batch: at each it may begin or cease to count."""
    for one in dict.fromkeys((key, *validation.ledger.holding(*_place(record)))):
        _announce(validation, record, one)


def _announce(validation: Validation, record: BatchRecord, key: str) -> None:
    """Tell what became of the batch, and what counts at the key that holds it. One that is refused
    stays held: another contract may let it in.
    """
    if record.status == "rejected":
        validation.bus.publish(batch_events.rejected(record))
        if not record.earlier:
            return
    announce_landing(
        record.problem,
        record.dataset,
        key,
        ledger=validation.ledger,
        bus=validation.bus,
        batch_id=record.batch_id,
    )


def _ask_suite(validation: Validation, record: BatchRecord) -> None:
    """Have the suite of its data set, where there is one, look at what was let in. It lets in or
    keeps out nothing itself, so nothing waits for it.
    """
    suite = suite_path(validation.repository / record.problem, record.dataset)
    if record.status == "validated" and suite.is_file():
        validation.bus.publish(batch_events.expectations_due(record))


def _place(record: BatchRecord) -> tuple[str, str, str]:
    return record.problem, record.dataset, record.batch_id


def _download(validation: Validation, record: BatchRecord, folder: Path) -> list[Path]:
    paths = []
    for part in range(record.raw_parts or record.parts):
        path = folder / f"raw-{part:05d}.parquet"
        validation.lake.download(keys.raw_part(*_place(record), part), path)
        paths.append(path)
    return paths


def _judge(
    validation: Validation, problem: Problem, record: BatchRecord, raw: list[Path]
) -> Judged:
    """Judge each row alone, part by part, then find those that a newer good row of the same key
    follows.
    """
    dataset = problem.datasets[record.dataset]
    contracts = contracts_of(dataset, validation.repository / problem.problem)
    judged = Judged()
    keys = []
    for path in raw:
        part = pl.read_parquet(path)
        landed = datetime.fromisoformat(record.source.landed_at)
        checked = check_part(part, problem, record.dataset, contracts, landed=landed)
        judged.filled += sum(part[name].count() for name in dataset.columns)
        first = part[EXTRA].drop_nulls().head(1)
        judged.extra |= set(json.loads(first[0])) if first.len() else set()
        judged.count(checked.bad)
        _keep_bad(path, record, checked.bad)
        keys.append(keys_of(checked.good, problem, record.dataset))
        judged.paths.append(path.with_name(path.name.replace("raw", "good")))
        write_part(checked.good.drop(ROW), judged.paths[-1])
    older = followed(pl.concat(keys))
    judged.duplicates, judged.superseded = older.duplicates, older.superseded
    for path, of_part in zip(judged.paths, keys, strict=True):
        replaced = of_part[ROW].is_in(older.rows.implode())
        if replaced.any():
            write_part(pl.read_parquet(path).filter(~replaced), path)
    return judged


def _keep_bad(raw: Path, record: BatchRecord, bad: Sequence[QuarantinedRow]) -> None:
    """Put the bad rows of a part beside it, packed: there may be more of them than memory holds."""
    if bad:
        source = {"key": record.source.key, "version_id": record.source.version_id}
        packed = gzip.compress(to_json_lines(bad, source), compresslevel=1)
        _bad_of(raw).write_bytes(packed)


def _bad_of(part: Path) -> Path:
    """Where the bad rows of a part lie, by its raw rows' file or by its good ones'."""
    return part.with_name(f"bad-{part.stem.partition('-')[2]}.jsonl.gz")


def described(problem: Problem, record: BatchRecord, judged: Judged, days: Days) -> BatchRecord:
    """A batch with what was let in; ``days``: its rows by day."""
    first, last = span_of_rows(problem, record, judged.paths)
    # Labels tell outcomes instead of events, where there are.
    tells = record.dataset == (problem.labels_name or problem.events_name)
    return replace(
        record,
        status="validated",
        revision=record.judged_as,
        parts=len(judged.paths),
        raw_parts=0,
        valid_rows=record.rows - judged.bad_rows - judged.followed_rows,
        quarantined_rows=judged.bad_rows,
        duplicate_rows=judged.duplicates,
        superseded_rows=judged.superseded,
        min_time=first,
        max_time=last,
        labelled_rows=sum(found.labelled for found in days.values()) if tells else None,
    )


def _upload(
    validation: Validation,
    problem: Problem,
    record: BatchRecord,
    judged: Judged,
    status: Literal["validated", "rejected"],
) -> None:
    lake, place = validation.lake, _place(record)
    quarantined = []
    for number, path in enumerate(judged.paths):
        bad = _bad_of(path)
        if bad.exists():
            quarantined.append(keys.quarantine_part(*place, number))
            lines = gzip.decompress(bad.read_bytes())
            lake.put(quarantined[-1], lines, content_type="application/x-ndjson")
    if status == "validated":
        for number, path in enumerate(judged.paths):
            with path.open("rb") as body:
                lake.put(keys.validated_part(*place, number, record.revision), body)
    profile = profile_of(problem, record, judged, status=status, quarantine=quarantined)
    lake.put_json(keys.profile(*place), profile.to_json())


def _refuse(validation: Validation, record: BatchRecord, error: InvalidInput) -> BatchRecord:
    rejection = Rejection.of(error, record.source)
    validation.lake.put_json(keys.rejection(*_place(record)), rejection.to_json())
    return validation.ledger.judge(replace(record, status="rejected"))
