"""Small files dropped, repeated, corrected, deleted, told in any order, twice and after kills: what
counts afterwards is what the files that lie there say, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ghosteam.problem.load import parse_problem
from tests.unit.features.files import Files, happens
from tests.unit.features.oracle import Row

RIDES = """
version: 1
problem: rides
task: binary
entities: {{rider: [rider]}}
event_time: starts
target: {{name: late, expr: delay > 5, known_at: event_time + 1h}}
datasets:
  rides:
    role: events
    {id}
    columns: {{rider: integer, starts: timestamp, line: string, delay: "number?"}}
  buses: {{key: [line], static: true, columns: {{line: string, seats: integer}}}}
features:
  join: [buses.seats]
  windows:
    - {{name: late_2d, by: [line], rate: late, over: 2d, min_rows: 1}}
    - {{name: rides_2d, by: [line], count: rows, over: 2d}}
"""


@pytest.mark.parametrize(
    ("declared", "identity"),
    [("", lambda ride: ride[:2]), ("id: [rider]", lambda ride: ride[0])],
    ids=["entity and time", "declared id"],
)
def test_what_counts_is_what_lies_there(declared: str, identity: Callable[[Row], Any]) -> None:
    problem = parse_problem(RIDES.format(id=declared))
    happens(lambda: Files(problem, identity), examples=40)
