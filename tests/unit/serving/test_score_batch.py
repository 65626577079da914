from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.errors import InvalidInput
from ghosteam.serving.batch_scoring import parts_for, rows_of_batch
from ghosteam.serving.batch_scoring import rows_of_file as rows_that_landed
from tests.builders import csv_bytes, flight, flights, flights_problem

rows_of_file = partial(rows_that_landed, landed=datetime(2013, 6, 1, tzinfo=UTC))
PROBLEM = flights_problem()
NOON = datetime(2013, 4, 1, 12, tzinfo=UTC)


def request(**changes: Any) -> dict[str, Any]:
    """A flight with just the columns that a request carries."""
    return {
        name: value for name, value in flight(**changes).items() if name in PROBLEM.request_columns
    }


def written(folder: Path, rows: list[dict[str, Any]], name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(csv_bytes(rows))
    return path


def test_rows_need_only_what_a_request_carries_and_get_their_event_time(tmp_path: Path) -> None:
    asked = rows_of_file(
        written(tmp_path, [request(flight=1), request(flight=2, minute=30)]), PROBLEM
    )
    assert asked.refused == ()
    assert asked.rows["_row"].to_list() == [1, 2]
    assert asked.rows["event_time"].to_list() == [
        datetime(2013, 1, 1, 10, minute, tzinfo=UTC) for minute in (15, 30)
    ]
    assert set(asked.rows.columns) == {"_row", "event_time", *PROBLEM.request_columns}


def test_outcome_columns_of_the_file_are_not_even_read(tmp_path: Path) -> None:
    asked = rows_of_file(written(tmp_path, flights(2, arr_delay="nonsense")), PROBLEM)
    assert asked.rows.height == 2 and "arr_delay" not in asked.rows.columns


def test_a_row_that_the_api_would_refuse_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    rows = [request(flight=1), request(flight=2, origin="XXX"), request(flight=3, time_hour="NA")]
    asked = rows_of_file(written(tmp_path, rows), PROBLEM)
    assert asked.rows["_row"].to_list() == [1]
    assert [(bad.row, bad.reasons[0].column) for bad in asked.refused] == [
        (2, "origin"),
        (3, "time_hour"),
    ]


def test_a_file_without_a_row_that_can_be_scored_fails_with_the_first_reason(
    tmp_path: Path,
) -> None:
    with pytest.raises(InvalidInput, match="None of the file's 1 rows") as raised:
        rows_of_file(written(tmp_path, [request(origin="XXX")]), PROBLEM)
    assert raised.value.where == {"row": 1, "column": "origin"}


def test_a_file_that_lacks_a_request_column_names_it(tmp_path: Path) -> None:
    row = request()
    del row["distance"]
    with pytest.raises(InvalidInput, match="distance"):
        rows_of_file(written(tmp_path, [row]), PROBLEM)


def test_a_validated_batch_is_numbered_through_its_parts() -> None:
    moment = {"time_hour": datetime(2013, 1, 1, 10, tzinfo=UTC)}
    parts = [pl.DataFrame(flights(count, **moment)) for count in (2, 1)]
    assert rows_of_batch(parts, PROBLEM).rows["_row"].to_list() == [1, 2, 3]


def batch(
    dataset: str, batch_id: str, first: datetime | None, last: datetime | None
) -> BatchRecord:
    source = LandedObject(
        "landing", f"flights/{dataset}/{batch_id}.csv", None, "01", 1, NOON.isoformat()
    )
    span = {
        "min_time": first.isoformat() if first else None,
        "max_time": last.isoformat() if last else None,
    }
    return BatchRecord(
        batch_id, "flights", dataset, "validated", source, NOON.isoformat(), parts=1, **span
    )


def test_features_are_read_from_the_batches_near_the_rows_and_else_from_the_newest() -> None:
    def before(days: int) -> datetime:
        return NOON - timedelta(days=days)

    batches = {
        "flights": [
            batch("flights", "old", before(300), before(200)),
            batch("flights", "near", before(5), before(1)),
        ],
        "weather": [
            batch("weather", "old", before(300), before(200)),
            batch("weather", "older", before(200), before(100)),
        ],
        "planes": [batch("planes", "all", None, None)],
    }
    rows = pl.DataFrame({"event_time": [NOON, NOON + timedelta(hours=1)]})
    found = parts_for(PROBLEM, batches, rows)
    assert {name: [key.split("/")[3] for key in keys] for name, keys in found.items()} == {
        "flights": ["near"],
        "weather": ["older"],
        "planes": ["all"],
    }
