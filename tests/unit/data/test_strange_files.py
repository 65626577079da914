"""Strange files go all the way through the two steps: every row is let in or in quarantine, or the
file is refused, on record, with what is wrong and what to do.
"""

from __future__ import annotations

import json
import resource
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ghosteam.aws.batches import BatchLedger
from ghosteam.data.read import read_batches
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem
from ghosteam.steps.ingest_file import Ingest, ingest_file
from ghosteam.steps.validate_batch import Validation, validate_batch
from tests.builders import REPOSITORY, s3_event
from tests.unit.data.apart import went_through_apart
from tests.unit.data.memory import MemoryObjects, MemoryState
from tests.unit.data.strange import strange_file
from tests.unit.data.world import NOW, Kill, RecordingBus

MEGABYTES = 800
"""What the process may hold at most, libraries included, whatever the files are."""
PROBLEM = Problem.model_validate(
    {
        "version": 1,
        "problem": "flights",
        "task": "binary",
        "entities": {"sale": ["id"]},
        "event_time": "at",
        "datasets": {
            "sales": {
                "role": "events",
                "reject_over": 1.0,
                "columns": {
                    "id": "integer",
                    "name": "string?",
                    "price": {"type": "number", "min": -5000, "nullable": True},
                    "at": {"type": "timestamp", "zone": "America/New_York"},
                    "good": "boolean",
                    "of.day": "integer?",
                    "tags": "string?",
                    "seen": {"type": "timestamp", "unit": "milliseconds", "nullable": True},
                },
            }
        },
        "target": {"name": "is_good", "expr": "good", "known_at": "at + 1d"},
        "features": {"request": ["price", "name"]},
        "holdout": "14d",
        "promote": {"metric": "roc_auc", "at_least": 0.5},
    }
)


def went_through(number: int) -> str:
    """Ends of a strange file's batch: validated, or why it was refused."""
    name, body = strange_file(number)
    kill = Kill()
    landing, lake = MemoryObjects("landing", kill), MemoryObjects("lake", kill)
    state, bus = MemoryState(kill), RecordingBus(kill)
    ledger = BatchLedger(state)
    problems = {"flights": PROBLEM}
    key = f"flights/sales/{name}"
    landing.bodies[key, "1"] = body
    event = s3_event(key, size=len(body), sequencer="1", version_id="1")
    ingest_file(event, Ingest(landing, lake, ledger, bus, problems, 10**9, 200), now=NOW)
    for told in [one for one in bus.events if one.type == "BatchIngested"]:
        detail = {"detail": told.detail()}
        validate_batch(detail, Validation(lake, ledger, state, bus, problems, REPOSITORY))
    [document] = state.list("flights", state_keys.BATCHES)
    objects = {key: body for (key, _), body in lake.bodies.items()}
    return _accounted(document.data, objects)


def _accounted(record: BatchRecord, objects: dict[str, bytes]) -> str:
    """Every row of a batch is where its record says."""
    lines = [
        json.loads(line, parse_constant=_no_number)
        for key, body in objects.items()
        if key.endswith(".jsonl")
        for line in body.splitlines()
    ]
    documents = {
        key.rpartition("/")[2]: json.loads(body, parse_constant=_no_number)
        for key, body in objects.items()
        if key.endswith(".json")
    }
    assert len(lines) == record.quarantined_rows
    assert all(line["reasons"] for line in lines)
    if record.status == "rejected":
        told = documents["rejection.json"]
        assert told["message"] and told["remedy"]
        return str(told["message"])
    assert record.status == "validated"
    followed = record.duplicate_rows + record.superseded_rows
    assert 0 < record.rows == record.valid_rows + record.quarantined_rows + followed
    raw = pl.concat(
        pl.read_parquet(BytesIO(body), columns=["_row"])
        for key, body in objects.items()
        if key.startswith("raw/")
    )
    assert raw["_row"].to_list() == list(range(1, record.rows + 1))
    valid = [pl.read_parquet(BytesIO(objects[key])) for key in record.validated_parts]
    assert sum(part.height for part in valid) == record.valid_rows
    assert documents[f"{record.batch_id}.json"]["rows"] == record.rows
    return "validated"


def _no_number(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


def all_went_through(folder: Path, first: int, last: int) -> dict[str, int]:
    """How many of the strange files from ``first`` on were validated, and refused for what;
    ``at`` names the newest.

    A text is never refused for a fault that nobody foresaw; of Parquet the reader's native code
    decides.
    """
    ends: Counter[str] = Counter()
    before = _peak()  # whatever ran in this process
    for number in range(first, last):
        (folder / "at").write_text(str(number))
        end = went_through(number)
        if " failed: " in end:
            assert strange_file(number)[0] == "a.parquet", f"strange_file({number}): {end}"
            assert "Reading the file failed: PanicException" in end, end
        ends["validated" if end == "validated" else "refused"] += 1
        more = _peak() - before
        assert more < MEGABYTES, f"strange_file({number}): {more} MB more"
    return dict(ends)


def _peak() -> float:
    """The most memory that the process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_every_row_of_a_strange_file_is_let_in_or_in_quarantine(tmp_path: Path) -> None:
    ends = all_went_through(tmp_path, 0, 150)
    assert min(ends.values()) > 15, ends


@pytest.mark.long
def test_every_row_of_ten_thousand_strange_files_is_let_in_or_in_quarantine(
    tmp_path: Path,
) -> None:
    going = "test_strange_files.all_went_through"
    went_through_apart(tmp_path, going, 150, 10_150, lambda number: strange_file(number)[1])


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_whose_packed_bytes_are_damaged_is_refused(tmp_path: Path, method: int) -> None:
    body = BytesIO()
    with zipfile.ZipFile(body, "w", method) as archive:
        archive.writestr("a.csv", "id\n" + "".join(f"{number}\n" for number in range(5000)))
    path = tmp_path / "a.csv.zip"
    packed = body.getvalue()
    for at in range(60, len(packed) - 200, 97):
        path.write_bytes(packed[:at] + bytes(8) + packed[at + 8 :])
        try:
            rows = sum(part.height for part in read_batches(path, "csv.zip", 1000))
        except InvalidInput as error:
            assert "cannot be unpacked as zip" in error.message, error
        else:
            assert rows == 5000
