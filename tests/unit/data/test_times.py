"""Times are declared, never guessed, and lie within bounds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from ghosteam.data.convert import convert
from ghosteam.data.declared_rules import DeclaredRules
from ghosteam.data.quarantine import Reason
from ghosteam.data.read import read_batches
from ghosteam.data.validate import check_part
from ghosteam.problem.load import parse_problem
from ghosteam.problem.moments import parse_cell, parse_moment
from ghosteam.problem.spec import Problem
from ghosteam.serving.request import request_model

TEXT = """
version: 1
problem: calls
task: binary
entities: {{call: [call]}}
event_time: {event_time}
target: {{name: long, expr: seconds > 5, known_at: event_time + 1h}}
datasets:
  calls:
    role: events
    columns:
      call: integer
      at: {{type: timestamp{at}}}
      year: integer?
      month: integer?
      amount: number?
      seconds: number?
features: {{request: [amount]}}
"""
LANDED = datetime(2024, 6, 1, tzinfo=UTC)


def calls(at: str = "", event_time: str = "at") -> Problem:
    return parse_problem(TEXT.format(at=at, event_time=event_time))


def reasons(folder: Path, problem: Problem, at: Any, **more: Any) -> list[Reason] | datetime:
    """Why a row is quarantined, or its time."""
    path = folder / "rows.jsonl"
    path.write_text(json.dumps({"call": 1, "at": at, "amount": 1.0, **more}) + "\n")
    return told(path, problem)


def told(path: Path, problem: Problem) -> list[Reason] | datetime:
    """Why the only row of a file is quarantined, or its time."""
    form: Any = path.suffix[1:]
    [cells] = read_batches(path, form, 10, texts=problem.events.texts)
    frame = convert(cells, problem.events)
    checked = check_part(frame, problem, "calls", [DeclaredRules(problem.events)], landed=LANDED)
    return list(checked.bad[0].reasons) if checked.bad else checked.good["at"][0]


def refusals(found: list[Reason] | datetime) -> list[Reason]:
    assert isinstance(found, list)
    return found


def asked(problem: Problem, at: Any) -> datetime | None:
    row = {"call": 1, "at": at, "amount": 1.0}
    try:
        answer = request_model(problem).model_validate({"instances": [row]})
    except ValidationError:
        return None
    found = answer.model_dump(by_alias=True)["instances"][0]["at"]
    assert isinstance(found, datetime)
    return found


@pytest.mark.parametrize(
    "text",
    ["1357102800000", "1357102800", "20130102", "2013-W01-1", "20130102T050000", "2013-01-02T05"],
)
def test_digits_are_no_time_where_no_unit_is_declared(tmp_path: Path, text: str) -> None:
    (reason,) = refusals(reasons(tmp_path, calls(), text))
    assert (reason.column, reason.rule, reason.value) == ("at", "type timestamp", text)
    assert "unit" in reason.remedy
    assert asked(calls(), text) is None


TEXT_OF = "2013-01-02T05:00:00Z"


@pytest.mark.parametrize(
    ("unit", "number"),
    [
        ("seconds", 1357102800),
        ("seconds", 1357102800.0),
        ("milliseconds", 1357102800000),
        ("microseconds", 1357102800000000),
    ],
)
def test_a_declared_unit_counts_since_1970_in_files_and_requests(
    tmp_path: Path, unit: str, number: float
) -> None:
    problem = calls(f", unit: {unit}")
    expected = datetime(2013, 1, 2, 5, tzinfo=UTC)
    assert reasons(tmp_path, problem, number) == asked(problem, number) == expected
    assert reasons(tmp_path, problem, str(number)) == expected
    assert asked(problem, str(number)) is None
    assert asked(problem, True) is None
    # Text says itself what it is, as in a file.
    assert reasons(tmp_path, problem, TEXT_OF) == asked(problem, TEXT_OF) == expected


def test_the_wrong_unit_is_out_of_bounds(tmp_path: Path) -> None:
    (reason,) = refusals(reasons(tmp_path, calls(", unit: seconds"), 1357102800000))
    assert reason.column == "at"
    assert asked(calls(", unit: seconds"), 1357102800000) is None


SPRING, AUTUMN = "2024-03-10T02:30:00", "2024-11-03T01:30:00"


def test_wall_clock_time_of_a_zone_is_read_to_utc(tmp_path: Path) -> None:
    problem = calls(", zone: America/New_York")
    for text, hour in (("2024-01-15T12:00:00", 17), ("2024-04-15T12:00:00", 16)):
        expected = datetime.fromisoformat(text).replace(hour=hour, tzinfo=UTC)
        assert reasons(tmp_path, problem, text) == asked(problem, text) == expected
    # An offset says it all.
    assert asked(problem, "2024-03-10T02:30:00Z") == datetime(2024, 3, 10, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("of_column", ["UTC", "America/New_York"])
def test_a_moment_of_a_parquet_file_is_that_moment_whatever_the_columns_zone(
    tmp_path: Path, zone: str, of_column: str
) -> None:
    path = tmp_path / "rows.parquet"
    for moment in (
        datetime(2024, 1, 15, 17, tzinfo=UTC),
        datetime(2024, 11, 3, 5, 30, tzinfo=UTC),  # 01:30 in New York, for the first time
        datetime(2024, 3, 10, 2, 30, tzinfo=UTC),
    ):
        at = pl.Series([moment]).dt.convert_time_zone(zone)
        pl.DataFrame({"call": [1], "at": at, "amount": [1.0]}).write_parquet(path)
        assert told(path, calls(f", zone: {of_column}")) == moment


@pytest.mark.parametrize(("text", "says"), [(SPRING, "never show"), (AUTUMN, "twice")])
def test_a_time_that_clocks_skip_or_repeat_is_quarantined_with_the_reason(
    tmp_path: Path, text: str, says: str
) -> None:
    problem = calls(", zone: America/New_York, horizon: 1y")
    (reason,) = refusals(reasons(tmp_path, problem, text))
    assert says in reason.rule
    assert "America/New_York" in reason.rule
    assert "offset" in reason.remedy
    assert asked(problem, text) is None


@pytest.mark.parametrize(("rule", "hour"), [("earliest", 5), ("latest", 6)])
def test_a_repeated_time_is_resolved_by_a_declared_rule_and_a_skipped_one_is_not(
    tmp_path: Path, rule: str, hour: int
) -> None:
    problem = calls(f", zone: America/New_York, ambiguous: {rule}")
    expected = datetime(2024, 11, 3, hour, 30, tzinfo=UTC)
    assert reasons(tmp_path, problem, AUTUMN) == asked(problem, AUTUMN) == expected
    assert asked(problem, SPRING) is None


@pytest.mark.parametrize(
    ("at", "declared", "good"),
    [
        ("1899-12-31T23:59:59Z", "", False),
        ("1900-01-01T00:00:00Z", "", True),
        ("1850-01-01T00:00:00Z", ", earliest: 1850-01-01", True),
        ("2025-06-03T00:00:00Z", "", True),
        ("2025-06-03T00:00:01Z", "", False),
        ("2113-06-01T00:00:00Z", "", False),
        ("2113-06-01T00:00:00Z", ", latest: 2114-01-01", True),
        ("2024-06-02T00:00:00Z", ", horizon: 0d", True),
        ("2024-06-02T00:00:01Z", ", horizon: 0d", False),
        ("2026-06-01T00:00:00Z", ", horizon: 2y", True),
    ],
)
def test_every_timestamp_has_bounds(tmp_path: Path, at: str, declared: str, good: bool) -> None:
    found = reasons(tmp_path, calls(declared), at)
    if good:
        assert found == datetime.fromisoformat(at)
    else:
        assert isinstance(found, list)
        assert found[0].column == "at"
        assert "horizon" in found[0].remedy


def test_one_wrong_year_costs_its_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    years = [2024] * 9 + [3018]
    lines = [
        json.dumps({"call": n, "at": f"{year}-03-07T10:00:00Z"}) for n, year in enumerate(years)
    ]
    path.write_text("\n".join(lines))
    problem = calls()
    [cells] = read_batches(path, "jsonl", 10)
    frame = convert(cells, problem.events)
    checked = check_part(frame, problem, "calls", [DeclaredRules(problem.events)], landed=LANDED)
    assert checked.good["at"].unique().to_list() == [datetime(2024, 3, 7, 10, tzinfo=UTC)]
    assert [row.row for row in checked.bad] == [10]


@pytest.mark.parametrize(
    ("year", "month", "good"),
    [(2024, 2, True), (1899, 1, False), (2113, 1, False), (2024, 13, False), (None, 1, False)],
)
def test_a_time_of_parts_has_the_same_bounds(
    tmp_path: Path, year: int | None, month: int, good: bool
) -> None:
    problem = calls(event_time="date(year, month)")
    found = reasons(tmp_path, problem, "2024-01-01T00:00:00Z", year=year, month=month)
    assert isinstance(found, datetime) == good


TEXTS = st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)).map(str) | st.from_regex(
    r"\d{4}-?\d\d-?\d\d([Tt ]\d\d:?\d\d(:\d\d([.,]\d{1,9})?)?)?( ?[Zz]|[+-]\d\d:?\d\d)?",
    fullmatch=True,
)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])


@given(TEXTS, ZONES, st.sampled_from(["refuse", "earliest", "latest"]))
@example("2024-03-31 02:30", "Europe/Berlin", "latest")
@example("2024-01-01T24:00", "UTC", "refuse")
@example("2024-01-01T23:59:60Z", "UTC", "refuse")
def test_whatever_a_request_reads_a_file_reads_alike(text: str, zone: str, ambiguous: Any) -> None:
    try:
        moment = parse_moment(text, zone=zone, ambiguous=ambiguous)
    except ValueError:
        return
    assert moment.utcoffset() == timedelta()
    assert parse_cell(text, unit=None, zone=zone, ambiguous=ambiguous) == moment


def test_every_wall_clock_time_of_a_year_is_read_as_polars_does() -> None:
    hours = [datetime(2024, 1, 1) + timedelta(minutes=30 * i) for i in range(2 * 24 * 366)]
    local = pl.Series(hours).dt.replace_time_zone(
        "Australia/Lord_Howe", ambiguous="latest", non_existent="null"
    )
    ours = []
    for hour in hours:
        try:
            text = hour.isoformat()
            ours.append(parse_moment(text, zone="Australia/Lord_Howe", ambiguous="latest"))
        except ValueError:
            ours.append(None)
    assert ours == local.dt.convert_time_zone("UTC").to_list()
