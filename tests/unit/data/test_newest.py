from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.derive import TIME
from ghosteam.data.newest import followed, key_columns, keys_of
from ghosteam.data.read import ROW
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from tests.builders import flights_problem

RIDES = """
version: 1
problem: rides
task: binary
entities: {{rider: [rider]}}
event_time: starts + wait minutes
target: {{name: late, expr: delay > 5, known_at: event_time + 1h}}
datasets:
  rides:
    role: events
    {id}
    columns: {{rider: integer, starts: timestamp, wait: integer, delay: "number?"}}
features: {{request: [wait]}}
"""
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def _rides(declared: str = "") -> Problem:
    return parse_problem(RIDES.format(id=declared))


def _frame(*rows: tuple[int, int, int, float | None]) -> pl.DataFrame:
    """Rows of rider, minutes after noon, waiting time and delay."""
    return pl.DataFrame(
        [
            {
                ROW: number,
                "rider": rider,
                "starts": NOON.replace(minute=minute),
                "wait": wait,
                "delay": delay,
            }
            for number, (rider, minute, wait, delay) in enumerate(rows, start=1)
        ],
        schema={
            ROW: pl.Int64,
            "rider": pl.Int64,
            "starts": TIME,
            "wait": pl.Int64,
            "delay": pl.Float64,
        },
    )


@pytest.mark.parametrize(
    ("delays", "duplicates", "superseded"),
    [
        ([1.0], 0, 0),
        ([1.0, 1.0, 1.0], 2, 0),
        ([1.0, 2.0], 0, 1),
        ([1.0, 1.0, 2.0], 1, 1),
        ([1.0, 2.0, 1.0], 0, 2),
        ([None, None, 3.0], 1, 1),
    ],
)
def test_the_last_row_of_an_event_counts_and_the_others_are_duplicates_or_corrected(
    delays: list[float | None], duplicates: int, superseded: int
) -> None:
    frame = _frame(*((7, 0, 5, delay) for delay in delays))
    older = followed(keys_of(frame, _rides(), "rides"))
    assert older.rows.to_list() == list(range(1, len(delays)))
    assert (older.duplicates, older.superseded) == (duplicates, superseded)


def test_without_an_id_an_event_is_entity_and_time_whatever_the_time_is_made_of() -> None:
    frame = _frame((7, 0, 5, 1.0), (7, 5, 0, 2.0), (7, 6, 0, 3.0), (8, 5, 0, 4.0))
    assert followed(keys_of(frame, _rides(), "rides")).rows.to_list() == [1]


def test_with_an_id_a_row_with_another_time_is_the_same_event() -> None:
    problem = _rides("id: [rider]")
    frame = _frame((7, 0, 5, 1.0), (8, 0, 5, 1.0), (7, 6, 0, 3.0))
    assert followed(keys_of(frame, problem, "rides")).rows.to_list() == [1]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=12))
def test_what_is_left_is_what_a_dictionary_keeps(rows: list[tuple[int, int]]) -> None:
    frame = _frame(*((rider, 0, 0, float(delay)) for rider, delay in rows))
    older = followed(keys_of(frame, _rides(), "rides"))
    kept = frame.filter(~pl.col(ROW).is_in(older.rows.implode()))
    assert dict(kept.select("rider", "delay").rows()) == {rider: float(d) for rider, d in rows}
    assert older.duplicates + older.superseded == len(rows) - kept.height


@pytest.mark.parametrize(
    ("dataset", "columns"),
    [
        ("weather", ("origin", "time_hour")),
        ("planes", ("tailnum",)),
        (
            "flights",
            ("year", "month", "day", "carrier", "flight", "origin", "sched_dep_time"),
        ),
    ],
)
def test_rows_are_known_by_their_id_or_by_key_and_time(dataset: str, columns: Any) -> None:
    assert key_columns(flights_problem(), dataset) == columns
