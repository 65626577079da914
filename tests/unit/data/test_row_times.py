"""Rows whose time cannot be told say why."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ghosteam.data.convert import convert
from ghosteam.data.read import read_batches
from ghosteam.data.validate import check_part
from ghosteam.problem.load import parse_problem


def test_a_day_that_no_calendar_has_is_told_with_the_columns_that_name_it(tmp_path: Path) -> None:
    problem = parse_problem(
        """\
version: 1
problem: returns
task: binary
entities: {order: [id]}
event_time: date(year, month, day)
target: {name: back, expr: back, known_at: event_time + 1d}
datasets:
  orders:
    role: events
    id: [id]
    columns: {id: integer, year: integer, month: integer, day: "integer?", back: boolean}
features: {request: [month]}
"""
    )
    path = tmp_path / "rows.csv"
    path.write_text("id,year,month,day,back\n1,2024,2,29,true\n2,2024,2,31,true\n3,2024,2,,true\n")
    cells = pl.concat(read_batches(path, "csv", 1000))
    checked = check_part(convert(cells, problem.events), problem, "orders", ())
    assert checked.good["id"].to_list() == [1]
    assert [(one.rule, one.value, one.remedy) for bad in checked.bad for one in bad.reasons] == [
        (
            "has a time",
            "year 2024, month 2, day 31",
            "Correct year, month, day: no calendar has that time",
        ),
        ("has a time", None, "Fill in day"),
    ]


def test_what_no_clock_shows_on_a_day_is_told_with_both(tmp_path: Path) -> None:
    problem = parse_problem(
        """\
version: 1
problem: calls
task: binary
entities: {call: [id]}
event_time: day + at clock
target: {name: back, expr: back, known_at: event_time + 1d}
datasets:
  calls:
    role: events
    columns:
      id: integer
      day: {type: timestamp, zone: Europe/Berlin}
      at: string?
      back: boolean
features: {request: [id]}
"""
    )
    path = tmp_path / "rows.csv"
    rows = ["2024-03-31,14:05", "2024-03-31,02:30", "2024-03-31,noon", "2024-03-31,"]
    text = "\n".join(f"{number},{row},true" for number, row in enumerate(rows))
    path.write_text(f"id,day,at,back\n{text}\n")
    cells = pl.concat(read_batches(path, "csv", 1000))
    checked = check_part(convert(cells, problem.events), problem, "calls", ())
    assert checked.good["id"].to_list() == [0]
    remedies = [one.remedy for bad in checked.bad for one in bad.reasons]
    assert remedies == [*["Correct day, at: no calendar has that time"] * 2, "Fill in at"]
