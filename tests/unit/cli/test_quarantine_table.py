"""Quarantined rows come back as what they were, however the cells of their files are written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cli.quarantine.table import corrected_lines, write_rows
from ghosteam.data.contracts import schema_of
from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.validate import check_part
from ghosteam.problem.load import parse_problem

PROBLEM = parse_problem(
    """
version: 1
problem: sales
task: binary
entities: {case: [row_id]}
event_time: none
target: {name: late, expr: late}
datasets:
  sales:
    role: events
    id: [row_id]
    files: {trim: true}
    columns:
      row_id: {type: string, made_of: content}
      sold_at: {type: timestamp, format: "%d.%m.%Y", from: "Sold at"}
      price: {type: number, decimal: ",", thousands: ".", max: 10000}
      share: {type: number, symbol: "%"}
      city: {type: string, values: [Rome, Bonn]}
      late: "boolean?"
exclude: [late]
features: {request: [price, city]}
"""
)
SALES = PROBLEM.events
FILE = """Sold at;price;share;city;late
31.01.2024;1,125;12.5 %; Rome ;true
31.01.2024;1.125;7%; Rom ;false
31.13.2024;2;7%;Bonn;false
31.01.2024;20.000;7 kg;Bonn;
"""


def judged(path: Path, form: str) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    parts = pl.concat(DatasetFile(path, form, SALES, 100).parts())  # type: ignore[arg-type]
    checked = check_part(parts, PROBLEM, "sales", [schema_of(SALES)])
    bad = [
        {"row": one.row, "values": one.values, "reasons": [vars(reason) for reason in one.reasons]}
        for one in checked.bad
    ]
    return checked.good, bad


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_corrected_row_is_the_row_with_its_id(tmp_path: Path, form: str) -> None:
    path, exported = tmp_path / "sales.csv", tmp_path / f"rows.{form}"
    path.write_text(FILE)
    good, bad = judged(path, "csv")
    assert good["price"].to_list() == [1.125] and len(bad) == 3
    write_rows(bad, SALES, exported)
    text = exported.read_text()
    for wrong, right in (("Rom", "Rome"), ("31.13.2024", "31.12.2024"), ("7 kg", "7")):
        assert wrong in text
        text = text.replace(wrong, right)
    exported.write_text(text.replace("20000.0", "2000.125"))
    landed = tmp_path / "landed.jsonl"
    landed.write_bytes(corrected_lines(exported, SALES))
    again, still = judged(landed, "jsonl")
    assert not still
    at, new_year = datetime(2024, 1, 31, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)
    assert again["sold_at"].to_list() == [at, new_year, at]
    assert again["price"].to_list() == [1125.0, 2.0, 2000.125]
    assert again["city"].to_list() == ["Rome", "Bonn", "Bonn"]
    assert again["row_id"].to_list() == [one["values"]["row_id"] for one in bad]


def test_what_is_wrong_with_a_cell_is_told_by_how_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(FILE)
    _, bad = judged(path, "csv")
    remedies = [reason["remedy"] for row in bad for reason in row["reasons"]]
    assert any("Write it as %d.%m.%Y, or as ISO-8601" in remedy for remedy in remedies)
    assert any("a finite number, alone or with %" in remedy for remedy in remedies)
