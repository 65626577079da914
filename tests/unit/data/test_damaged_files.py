"""Whatever a file holds, it is read or refused, and each of its rows is let in or quarantined."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ghosteam.data.batch import batch_id
from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.declared_rules import DeclaredRules
from ghosteam.data.formats import format_of
from ghosteam.data.frames import MALFORMED
from ghosteam.data.validate import check_part
from ghosteam.documents.batch import BatchRecord
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem
from ghosteam.steps.ingest_file import source_of
from tests.unit.data.apart import went_through_apart
from tests.unit.data.damage import file_of, parquet, rows_of
from tests.unit.data.world import NOW

FATAL = 6467
"""A damaged file of which the Parquet reader asks for so much memory that it ends its process."""

PROBLEM = Problem.model_validate(
    {
        "version": 1,
        "problem": "sales",
        "task": "binary",
        "entities": {"sale": ["id"]},
        "event_time": "at",
        "datasets": {
            "sales": {
                "role": "events",
                "columns": {
                    "id": "integer",
                    "name": "string?",
                    "price": {"type": "number", "min": -5000},
                    "at": "timestamp",
                    "good": "boolean",
                    "of.day": "integer?",
                    "tags.day": "integer?",
                },
            }
        },
        "target": {"name": "is_good", "expr": "good", "known_at": "at + 1d"},
        "features": {"request": ["price"]},
        "holdout": "14d",
        "promote": {"metric": "roc_auc", "at_least": 0.5},
    }
)
DATASET = PROBLEM.events
RULES = [DeclaredRules(DATASET)]


def _went_through(path: Path, number: int) -> str:
    """What became of a damaged file."""
    name, body, text = file_of(number)
    path.write_bytes(body)
    file = DatasetFile(path, format_of(name), DATASET, 7)
    read = good = bad = 0
    try:
        for part in file.parts():
            checked = check_part(part, PROBLEM, "sales", RULES)
            read, good, bad = read + part.height, good + checked.good.height, bad + len(checked.bad)
            assert all(row.reasons for row in checked.bad)
            assert part["_row"].to_list() == list(range(read - part.height + 1, read + 1))
            assert part[MALFORMED].null_count() + len(checked.bad) >= part.height
    except InvalidInput as error:
        assert error.remedy and error.message
        return "refused"
    assert read == good + bad > 0
    if text is not None and (lines := _lines(text, file)) is not None:
        assert read == lines
    return "read"


def _lines(text: bytes, file: DatasetFile) -> int | None:
    """How many rows a text must have; None where only a reader of CSV can tell."""
    reading = file.reading
    told = text.decode(reading.encoding or "utf-8", "surrogateescape")
    if reading.base == "csv" and '"' in told:
        return None
    lines = told.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if reading.base == "jsonl":
        return sum(bool(line.strip()) for line in lines)
    return sum(bool(line) for line in lines[reading.skipped :]) - 1


def all_went_through(folder: Path, first: int, last: int) -> dict[str, int]:
    """What became of the damaged files from ``first`` on; ``at`` names the newest."""
    ends = {"read": 0, "refused": 0}
    for number in range(first, last):
        (folder / "at").write_text(str(number))
        ends[_went_through(folder / "file", number)] += 1
    return ends


def test_no_row_of_a_damaged_file_is_lost(tmp_path: Path) -> None:
    ends = all_went_through(tmp_path, 0, 400)
    assert min(ends.values()) > 40, ends


@pytest.mark.long
def test_no_row_of_ten_thousand_damaged_files_is_lost(tmp_path: Path) -> None:
    """Native code may end the process that reads a damaged Parquet file: then it does so whenever
    it is asked, and the file is refused for that.
    """
    going = "test_damaged_files.all_went_through"
    went_through_apart(tmp_path, going, 400, 10_400, lambda number: file_of(number)[1])


def _begun(world: Any, folder: Path, body: bytes) -> dict[str, Any]:
    """The event of a file at which a function died, just after it had put the batch on record."""
    world.ingest.problems["flights"] = PROBLEM.model_copy(update={"problem": "flights"})
    event: dict[str, Any] = world.drop("flights/sales/a.parquet", body)
    path = folder / "file"
    path.write_bytes(body)
    identity = batch_id("flights", "sales", "parquet", path)
    record = BatchRecord(
        identity, "flights", "sales", "ingesting", source_of(event), NOW.isoformat()
    )
    world.ledger.begin(record)
    return event


def test_a_file_that_ended_the_process_is_refused_when_it_comes_again(
    world: Any, tmp_path: Path
) -> None:
    event = _begun(world, tmp_path, file_of(FATAL)[1])
    assert world.deliver(event, now=NOW + timedelta(minutes=1)) == "rejected"
    [rejection] = [key for key in world.objects() if key.endswith("rejection.json")]
    assert "ends the process" in json.loads(world.objects()[rejection])["message"]


def test_a_file_that_can_be_read_is_read_when_it_comes_again(world: Any, tmp_path: Path) -> None:
    event = _begun(world, tmp_path, parquet(rows_of(random.Random(1), 5), random.Random(1)))
    assert world.deliver(event, now=NOW + timedelta(minutes=1)) == "ingested"


@pytest.mark.parametrize(
    ("first", "count"), [(0, 20), pytest.param(400, 400, marks=pytest.mark.long)]
)
def test_the_functions_let_in_or_quarantine_each_row_of_a_damaged_file(
    world: Any, first: int, count: int
) -> None:
    world.ingest.problems["flights"] = world.validation.problems["flights"] = PROBLEM.model_copy(
        update={"problem": "flights"}
    )
    for number in range(first, first + count):
        name, body, _ = file_of(number)
        world.land(f"flights/sales/{number}-{name}", body)
    found = [data for key, data in world.documents().items() if key.startswith("batch#sales#")]
    assert {one["status"] for one in found} == {"validated", "rejected"}
    for one in found:
        if one["status"] == "validated":
            followed = one["duplicate_rows"] + one["superseded_rows"]
            assert one["rows"] == one["valid_rows"] + one["quarantined_rows"] + followed
            assert one["reading"]["base"] in ("csv", "jsonl", "parquet")
