"""Use case: a batch was ingested; let its good rows in, quarantine the others, or refuse it whole.

Nothing is uploaded before every row was judged. Every output key and byte follows from the batch,
so a repeated step overwrites equals; the ledger is written after the objects, and the event is
published last.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.data.contracts import contracts_of
from ghosteam.data.convert import EXTRA
from ghosteam.data.faults import faults_of_content
from ghosteam.data.profile import profile_column, quality, share
from ghosteam.data.quarantine import QuarantinedRow, rejection, to_json_lines
from ghosteam.data.read import ROW
from ghosteam.data.validate import as_repeated, check_part, key_columns, repeated_rows, row_times
from ghosteam.documents import batch_events, keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.errors import Defect, InvalidInput
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count
from ghosteam.steps.hand_over import hand_over
from ghosteam.steps.ingest_file import write_part

Outcome = Literal["validated", "rejected", "repeated", "handed over"]


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
    bus: Bus
    problems: Mapping[str, Problem]
    repository: Path
    function_rows: int | None = None
    scratch: Path | None = None


@dataclass
class _Judged:
    """The batch's rows, judged: good ones in files, the others here by part."""

    paths: list[Path] = field(default_factory=list)
    bad: list[tuple[QuarantinedRow, ...]] = field(default_factory=list)
    repeated: int = 0
    filled: int = 0
    extra: set[str] = field(default_factory=set)

    @property
    def bad_rows(self) -> int:
        return sum(map(len, self.bad))


def validate_batch(event: Mapping[str, Any], validation: Validation) -> Outcome:
    """Validate the batch that a ``BatchIngested`` event is about.

    Raises:
        Defect: the ledger does not know the batch.
    """
    detail = event["detail"]
    problem = find_problem(validation.problems, detail["problem"])
    record = validation.ledger.find(problem.problem, detail["dataset"], detail["batch_id"])
    if record is None:
        raise Defect(
            "The ledger does not know the batch", where=detail, remedy="Drop the file again"
        )
    if record.status == "validated":
        validation.bus.publish(batch_events.validated(record))
        return "repeated"
    if record.status == "rejected":
        validation.bus.publish(batch_events.rejected(record))
        return "repeated"
    if validation.function_rows is not None and record.rows > validation.function_rows:
        hand_over("validate_batch", event, record, lake=validation.lake, bus=validation.bus)
        return "handed over"
    with tempfile.TemporaryDirectory(dir=validation.scratch) as folder:
        return _validate(validation, problem, record, Path(folder))


def _validate(
    validation: Validation, problem: Problem, record: BatchRecord, folder: Path
) -> Outcome:
    raw = _download(validation, record, folder)
    try:
        with faults_of_content("Checking the contract", key=record.source.key):
            judged = _judge(validation, problem, record, raw)
    except InvalidInput as error:
        return _refuse(validation, record, error)
    limit = problem.datasets[record.dataset].reject_over
    if judged.bad_rows > limit * record.rows:
        record = replace(record, quarantined_rows=judged.bad_rows)
        _upload(validation, problem, record, judged, "rejected")
        count(
            "RowsQuarantined",
            record.quarantined_rows,
            Problem=record.problem,
            Dataset=record.dataset,
        )
        return _refuse(validation, record, _over_the_limit(record, judged, limit))
    record = _described(problem, record, judged)
    _upload(validation, problem, record, judged, "validated")
    record = validation.ledger.advance(record, until=("validated", "rejected"))
    validation.bus.publish(batch_events.validated(record))
    count(
        "RowsQuarantined", record.quarantined_rows, Problem=record.problem, Dataset=record.dataset
    )
    return "validated"


def _download(validation: Validation, record: BatchRecord, folder: Path) -> list[Path]:
    paths = []
    for part in range(record.parts):
        path = folder / f"raw-{part:05d}.parquet"
        validation.lake.download(
            keys.raw_part(record.problem, record.dataset, record.batch_id, part), path
        )
        paths.append(path)
    return paths


def _judge(
    validation: Validation, problem: Problem, record: BatchRecord, raw: list[Path]
) -> _Judged:
    """Judge each row alone, part by part, then find keys that are taken by an earlier good row of
    the batch.
    """
    dataset = problem.datasets[record.dataset]
    contracts = contracts_of(dataset, validation.repository / problem.problem)
    key = key_columns(problem, record.dataset)
    judged = _Judged()
    keys = []
    for path in raw:
        part = pl.read_parquet(path)
        landed = datetime.fromisoformat(record.source.landed_at)
        checked = check_part(part, problem, record.dataset, contracts, landed=landed)
        judged.filled += sum(part[name].count() for name in dataset.columns)
        first = part[EXTRA].drop_nulls().head(1)
        judged.extra |= set(json.loads(first[0])) if first.len() else set()
        judged.bad.append(checked.bad)
        keys.append(checked.good.select(ROW, *key))
        judged.paths.append(path.with_name(path.name.replace("raw", "good")))
        write_part(checked.good, judged.paths[-1])
    repeated = repeated_rows(pl.concat(keys)).implode()
    for number, path in enumerate(judged.paths):
        good = pl.read_parquet(path)
        taken = good[ROW].is_in(repeated)
        judged.bad[number] += tuple(
            as_repeated(row, key) for row in good.filter(taken).iter_rows(named=True)
        )
        judged.repeated += int(taken.sum())
        write_part(good.filter(~taken).drop(ROW), path)
    return judged


def _described(problem: Problem, record: BatchRecord, judged: _Judged) -> BatchRecord:
    times = [row_times(pl.read_parquet(path), problem, record.dataset) for path in judged.paths]
    known = (
        pl.concat([part for part in times if part is not None])
        if times[0] is not None
        else pl.Series([])
    )
    span = (known.min(), known.max()) if known.len() else (None, None)
    first, last = (moment.isoformat() if isinstance(moment, datetime) else None for moment in span)
    return replace(
        record,
        status="validated",
        valid_rows=record.rows - judged.bad_rows,
        quarantined_rows=judged.bad_rows,
        min_time=first,
        max_time=last,
    )


def _upload(
    validation: Validation,
    problem: Problem,
    record: BatchRecord,
    judged: _Judged,
    status: Literal["validated", "rejected"],
) -> None:
    lake, place = validation.lake, (record.problem, record.dataset, record.batch_id)
    source = {"key": record.source.key, "version_id": record.source.version_id}
    quarantined = []
    for number, bad in enumerate(judged.bad):
        if bad:
            quarantined.append(keys.quarantine_part(*place, number))
            lake.put(
                quarantined[-1], to_json_lines(bad, source), content_type="application/x-ndjson"
            )
    if status == "validated":
        for number, path in enumerate(judged.paths):
            with path.open("rb") as body:
                lake.put(keys.validated_part(*place, number), body)
    document = _profile(problem, record, judged)
    lake.put_json(keys.profile(*place), {**document, "status": status, "quarantine": quarantined})


def _profile(problem: Problem, record: BatchRecord, judged: _Judged) -> dict[str, Any]:
    columns = problem.datasets[record.dataset].columns
    good = pl.scan_parquet(judged.paths)
    valid = record.rows - judged.bad_rows
    landed = datetime.fromisoformat(record.source.landed_at)
    fresh = (
        (landed - datetime.fromisoformat(record.max_time)).total_seconds()
        if record.max_time
        else None
    )
    rules = Counter(
        f"{reason.column}: {reason.rule}" if reason.column else reason.rule
        for part in judged.bad
        for row in part
        for reason in row.reasons
    )
    return {
        "version": 1,
        "problem": record.problem,
        "dataset": record.dataset,
        "batch_id": record.batch_id,
        "rows": record.rows,
        "valid_rows": valid,
        "quarantined_rows": judged.bad_rows,
        "quality": quality(
            rows=record.rows,
            cells=record.rows * len(columns),
            filled=judged.filled,
            valid=valid,
            repeated=judged.repeated,
            freshness_seconds=fresh,
        ),
        "broken_rules": dict(rules),
        "extra_columns": sorted(judged.extra),
        # One column at a time: the whole batch need not fit into memory.
        "columns": {
            name: profile_column(good.select(name).collect().to_series(), column)
            for name, column in columns.items()
        },
    }


def _over_the_limit(record: BatchRecord, judged: _Judged, limit: float) -> InvalidInput:
    rules = Counter(
        (reason.column, reason.rule, reason.remedy)
        for part in judged.bad
        for row in part
        for reason in row.reasons
    )
    (column, rule, remedy), often = rules.most_common(1)[0]
    return InvalidInput(
        f"{judged.bad_rows} of {record.rows} rows break the contract "
        f"({share(judged.bad_rows, record.rows):.0%}), more than "
        f"{limit:.0%}; most often ({often} rows): {rule}",
        where={
            "problem": record.problem,
            "dataset": record.dataset,
            **({"column": column} if column else {}),
        },
        remedy=f"{remedy}; or raise reject_over. The rows are listed beside this record",
    )


def _refuse(validation: Validation, record: BatchRecord, error: InvalidInput) -> Outcome:
    document = rejection(error, asdict(record.source))
    validation.lake.put_json(
        keys.rejection(record.problem, record.dataset, record.batch_id), document
    )
    refused = validation.ledger.advance(
        replace(record, status="rejected"), until=("validated", "rejected")
    )
    validation.bus.publish(batch_events.rejected(refused))
    count("BatchesRejected", 1, Problem=record.problem, Dataset=record.dataset)
    return "rejected"
