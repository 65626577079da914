"""Rows to a file: what fits, where it may be cut, which watermark it reaches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.errors import InvalidInput, TooLarge
from ghosteam.sources.collect import Collected, collect, json_ready


def _collect(
    rows: Iterable[dict[str, Any]], path: Path, *, max_bytes: int = 10**6, ordered: bool = False
) -> Collected:
    return collect(rows, path, field="at", start=0, max_bytes=max_bytes, ordered=ordered)


def test_the_file_holds_the_rows_and_is_named_by_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    found = _collect([{"at": 2, "b": 1}, {"at": 1, "a": None}], path)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"at": 2, "b": 1},
        {"at": 1, "a": None},
    ]
    assert found == Collected(2, hashlib.sha256(path.read_bytes()).hexdigest(), 2, complete=True)


def test_no_rows_reach_no_watermark(tmp_path: Path) -> None:
    found = _collect([], tmp_path / "rows")
    assert (found.rows, found.mark, found.complete) == (0, None, True)


def test_a_row_without_a_readable_cursor_is_kept_and_does_not_move_the_watermark(
    tmp_path: Path,
) -> None:
    found = _collect([{"at": "x"}, {"at": 3}, {}], tmp_path / "rows")
    assert (found.rows, found.mark) == (3, 3)


def test_rows_that_all_lack_the_cursor_are_refused_because_they_would_come_for_ever(
    tmp_path: Path,
) -> None:
    with pytest.raises(InvalidInput, match="None of 2 rows") as caught:
        _collect([{"id": 1}, {"id": 2}], tmp_path / "rows")
    assert caught.value.where == {"field": "at"}


def test_unordered_rows_over_the_limit_are_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(TooLarge) as caught:
        _collect(({"at": n} for n in range(100)), tmp_path / "rows", max_bytes=100)
    assert "max_bytes" in caught.value.remedy


@given(st.lists(st.integers(0, 30), max_size=120).map(sorted), st.integers(20, 400))
def test_ordered_pulls_that_are_cut_bring_every_row_exactly_once(
    tmp_path_factory: Any, marks: list[int], limit: int
) -> None:
    path, brought, after = tmp_path_factory.getbasetemp() / "cut", [], -1
    rows = [{"at": mark, "n": n} for n, mark in enumerate(marks)]
    while True:
        try:
            found = _collect(
                (row for row in rows if row["at"] > after), path, max_bytes=limit, ordered=True
            )
        except TooLarge:
            # Only the rows of one value, which stay together, may be too many.
            assert max(marks.count(mark) for mark in set(marks)) > 1
            return
        brought += [json.loads(line) for line in path.read_text().splitlines()]
        if found.complete:
            break
        assert isinstance(found.mark, int) and found.mark > after
        after = found.mark
    assert brought == rows


def test_values_of_a_database_become_text_that_a_file_would_hold(tmp_path: Path) -> None:
    moment = datetime(2024, 1, 1, 2, tzinfo=UTC)
    row = {
        "at": 1,
        "time": moment,
        "day": moment.date(),
        "price": Decimal("1.20"),
        "raw": b"\x01\xff",
        "odd": float("nan"),
    }
    path = tmp_path / "rows"
    _collect(
        [{name: json_ready(value) for name, value in {**row, "list": [1.0, float("inf")]}.items()}],
        path,
    )
    assert json.loads(path.read_text()) == {
        "at": 1,
        "time": "2024-01-01T02:00:00+00:00",
        "day": "2024-01-01",
        "price": "1.20",
        "raw": "01ff",
        "odd": "nan",
        "list": [1.0, "inf"],
    }
