"""Rows of labels: which are let in, which are quarantined, which are the newest of their event."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ghosteam.data.contracts import contracts_of
from ghosteam.data.convert import convert
from ghosteam.data.newest import followed, keys_of
from ghosteam.data.read import read_batches
from ghosteam.data.row_times import row_times
from ghosteam.data.targets import expression_faults
from ghosteam.data.validate import CheckedPart, check_part
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem

TEXT = """
version: 1
problem: trips
task: multiclass
entities: {trip: [trip]}
event_time: hour + minute minutes
target: {name: end, expr: "CASE WHEN ok THEN how END", known_at: told, classes: [a, b, c]}
datasets:
  trips: {role: events, columns: {trip: string, hour: timestamp, minute: integer, age: number}}
  ends:
    role: labels
    of: trips
    columns: {trip: string, hour: timestamp, minute: integer, ok: "boolean?", how: "string?",
      told: "timestamp?"}
features: {request: [age]}
"""
TRIPS = parse_problem(TEXT)


def checked(text: str, tmp_path: Path, problem: Problem = TRIPS) -> CheckedPart:
    path = tmp_path / "ends.csv"
    path.write_text("trip,hour,minute,ok,how,told\n" + text)
    dataset = problem.datasets["ends"]
    [cells] = read_batches(path, "csv", 100, texts=dataset.texts)
    return check_part(
        convert(cells, dataset),
        problem,
        "ends",
        contracts_of(dataset, tmp_path),
        landed=datetime(2024, 3, 2, tzinfo=UTC),
    )


H9, T10 = "2024-03-01T09:00:00Z", "2024-03-01T10:00:00Z"


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (f"x,{H9},5,true,a,{T10}", None),
        (f"x,{H9},5,false,,{T10}", None),
        (f"x,{H9},5,,,", None),  # withdraws
        (f"x,{H9},5,true,a,", "an outcome has a time"),
        (f"x,{H9},5,true,d,{T10}", "the outcome is"),
        (f",{H9},5,true,a,{T10}", "not_nullable"),
        (f"x,,5,true,a,{T10}", "not_nullable"),
        (f"x,{H9},5,true,a,2034-03-01T10:00:00Z", "a time from"),
        (f"{'x' * 2000},{H9},5,true,a,{T10}", "at most"),
    ],
)
def test_a_row_is_let_in_or_says_what_is_wrong(row: str, rule: str | None, tmp_path: Path) -> None:
    found = checked(row + "\n", tmp_path)
    if rule is None:
        assert found.good.height == 1 and not found.bad
        return
    [bad] = found.bad
    assert any(rule in reason.rule for reason in bad.reasons), bad.reasons


def test_of_labels_of_one_event_the_last_counts_however_its_time_is_written(
    tmp_path: Path,
) -> None:
    rows = [f"x,{H9},60,true,a,{T10}", f"x,{T10},0,true,b,{T10}", f"x,{T10},1,true,b,{T10}"]
    good = checked("\n".join(rows) + "\n", tmp_path).good
    older = followed(keys_of(good, TRIPS, "ends"))
    assert older.rows.to_list() == [1] and older.superseded == 1
    times = row_times(good, TRIPS, "ends")
    assert times is not None and times.dt.minute().to_list() == [0, 0, 1]


def test_labels_of_a_declared_id_tell_no_time(tmp_path: Path) -> None:
    text = TEXT.replace("trips: {role: events,", "trips: {role: events, id: [trip],")
    problem = parse_problem(
        text.replace("{trip: string, hour: timestamp, minute: integer, ok", "{trip: string, ok")
    )
    good = checked(f"x,{H9},5,true,a,{T10}\nx,{H9},6,true,b,{T10}\n", tmp_path, problem).good
    assert row_times(good, problem, "ends") is None
    assert followed(keys_of(good, problem, "ends")).rows.len() == 1
    assert good.columns == ["_row", "trip", "ok", "how", "told"]


def test_an_outcome_may_be_made_of_both_and_its_expression_is_checked(tmp_path: Path) -> None:
    for expr, says in (
        ("CASE WHEN ok AND age > 3 THEN how END", None),
        ("CASE WHEN ok AND size > 3 THEN how END", "neither events nor labels have"),
    ):
        text = TEXT.replace("CASE WHEN ok THEN how END", expr)
        found = [*expression_faults(parse_problem(text))]
        assert [says in fault.message for fault in found if says] == ([True] if says else [])
    both = parse_problem(TEXT.replace("WHEN ok THEN", "WHEN ok AND age > 3 THEN"))
    found = checked(f"x,{H9},5,true,d,{T10}\n", tmp_path, both)
    assert isinstance(found.good, pl.DataFrame) and not found.bad  # events are needed to judge it
