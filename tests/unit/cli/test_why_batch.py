"""``ghosteam why PROBLEM batch ID`` says what became of a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli.why.batch import FileDocuments, why_batch
from ghosteam.documents.landing import Held, Landing
from ghosteam.documents.materialized_batch import MaterializedBatch
from tests import documents
from tests.documents import DAY
from tests.unit.cli.why_documents import told

KEY = "flights/flights/b1.csv"
BATCH = documents.batch(
    "b1",
    labelled_rows=11,
    rows=27004,
    valid_rows=26995,
    quarantined_rows=9,
    min_time="2013-06-01T00:00:00+00:00",
    max_time="2013-06-30T00:00:00+00:00",
)
NEWER = documents.batch("b2", source=replace(BATCH.source, sequencer="2"))
HELD, HELD_NEWER = Held("b1", "1", DAY.isoformat()), Held("b2", "2", DAY.isoformat())
FULL = FileDocuments(
    record=BATCH,
    landings={KEY: Landing((HELD,)), "flights/flights/copy.csv": Landing((HELD,))},
    batches={"b1": BATCH, "b2": NEWER},
    broken_rules={"carrier: is in a list": 2, "hour: at most 23": 7},
    untimed_rows=3,
    materialized=MaterializedBatch("b1", DAY),
    used_by=["r1"],
    searched=3,
)
ANSWER = why_batch(FULL)
LANDED, ROWS, COUNTS, ONLINE, USED = ANSWER
SUITE = "What its suite said"


@pytest.mark.parametrize(
    ("section", "line"),
    [
        (LANDED, f"{KEY}, 1 bytes, landed 2013-07-01 00:00 <batch#flights#b1>"),
        (LANDED, "taken in 2013-07-01 00:00 as batch b1 of flights"),
        (LANDED, "the same content landed at flights/flights/copy.csv <object#flights#flights/"),
        (ROWS, "validated: 27,004 rows, 26,995 valid, 9 quarantined"),
        (ROWS, "11 of its valid rows tell an outcome <batch#flights#b1>"),
        (ROWS, "3 of its valid rows state an outcome and not when it was known: it counts as unkn"),
        (ROWS, "its valid rows are of 2013-06-01 00:00 to 2013-06-30 00:00"),
        (ROWS, "quarantined 7: hour: at most 23 <profiles/flights/flights/b1.json>\nquarantined 2"),
        (ROWS, "each row with its reasons: quarantine/flights/flights/b1/ in the lake bucket"),
        (COUNTS, f"its rows count: it is what {KEY} holds"),
        (ONLINE, "they are online, since 2013-07-01 00:00 <materialized#flights#b1>"),
        (USED, "run r1 <runs/flights/r1/plan.json>"),
    ],
)
def test_each_stage_is_told_with_its_document(section: str, line: str) -> None:
    assert line in told(ANSWER, section)


@pytest.mark.parametrize(
    ("changed", "section", "line"),
    [
        (
            {"landings": {KEY: Landing((HELD_NEWER, HELD))}},
            COUNTS,
            "it was superseded; batch b2, landed 2013-07-01 00:00, counts <object#flights#",
        ),
        (
            {"landings": {KEY: Landing((HELD_NEWER,), ignored=("1",))}},
            COUNTS,
            "it came late: a newer version of its key counted already",
        ),
        ({"landings": {KEY: Landing()}}, COUNTS, "it was superseded; nothing of its key counts"),
        ({"landings": {}}, COUNTS, f"nothing is on record of its key {KEY}"),
        ({"materialized": None}, ONLINE, "they are not online"),
        ({"materialized": MaterializedBatch("b1", None)}, ONLINE, "since when is not on record"),
        ({"used_by": []}, USED, "none of the 3 newest runs with a plan"),
        ({"broken_rules": None}, ROWS, "it has no profile"),
        ({"broken_rules": {f"c{n}: rule": n for n in range(8)}}, ROWS, "and 3 more rules"),
    ],
)
def test_what_is_missing_or_contradicts_is_told(
    changed: dict[str, Any], section: str, line: str
) -> None:
    assert line in told(why_batch(replace(FULL, **changed)), section)


@pytest.mark.parametrize(
    ("status", "section", "line"),
    [
        ("ingesting", ROWS, "it is not read yet: ingesting"),
        ("ingested", ROWS, "it is not validated yet: ingested"),
        ("ingested", COUNTS, "its rows do not count yet; batch b2"),
        ("rejected", ROWS, "why: no column 'carrier' <quarantine/flights/flights/b1/rejection"),
        ("rejected", COUNTS, "a rejected file never counts; batch b2"),
    ],
)
def test_a_file_that_does_not_count_says_why(status: str, section: str, line: str) -> None:
    record = documents.batch("b1", status=status)
    found = replace(
        FULL,
        record=record,
        batches={"b1": record, "b2": NEWER},
        landings={KEY: Landing((HELD, HELD_NEWER))},
        rejection="no column 'carrier'",
    )
    assert line in told(why_batch(found), section)


def test_a_rejection_that_cannot_be_read_says_so() -> None:
    record = documents.batch("b1", status="rejected")
    assert "its rejection could not be read" in told(why_batch(FileDocuments(record)), ROWS)


def test_what_a_suite_said_is_told_with_its_documents() -> None:
    assert SUITE not in ANSWER
    met = why_batch(replace(FULL, expectations=documents.expectations()))
    assert "all 3 expectations are met, of its 20 valid rows" in told(met, SUITE)
    failed = tuple(f"expect_{number} of age: 1 of 20 rows" for number in range(7))
    result = documents.expectations(expectations=9, failed=failed)
    lines = told(why_batch(replace(FULL, expectations=result)), SUITE)
    folder = "reports/flights/expectations/flights/b1/"
    assert "7 of 9 expectations are not met, of its 20 valid rows, 2013-07-01 00:00, by Great " in (
        lines
    )
    assert f"not met: expect_4 of age: 1 of 20 rows <{folder}result.json>\nand 2 more" in lines
    assert f"{folder}data_docs.html in the artifact bucket" in lines
