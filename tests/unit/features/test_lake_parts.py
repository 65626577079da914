"""Which parts are read for events of a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ghosteam.documents.batch import BatchRecord
from ghosteam.features.lake_parts import parts_for_events
from ghosteam.problem.load import parse_problem
from tests import documents
from tests.unit.features.landed import DAY, START

RIDES = """
version: 1
problem: rides
task: binary
entities: {{rider: [rider]}}
event_time: starts
target: {{name: late, expr: delay > 5, known_at: told, matures: {matures}}}
datasets:
  rides: {{role: events, columns: {{rider: integer, starts: timestamp, line: string}}}}
  notes:
    role: labels
    of: rides
    columns: {{rider: integer, starts: timestamp, delay: "number?", told: "timestamp?"}}
features: {{windows: [{{name: late_2d, by: [line], rate: late, over: 2d}}]}}
"""


def batch(dataset: str, day: int | None) -> BatchRecord:
    time = None if day is None else (START + day * DAY).isoformat()
    return documents.batch(
        f"{dataset}{day}", dataset=dataset, parts=1, min_time=time, max_time=time
    )


@pytest.mark.parametrize(("matures", "reach"), [("1d", 30), ("60d", 60)])
def test_events_and_labels_are_read_as_far_back_as_outcomes_take(matures: str, reach: int) -> None:
    problem = parse_problem(RIDES.format(matures=matures))
    begin = START + 100 * DAY
    first = 100 - 1 - 2 - reach  # a window ends where its day begins
    days = [first - 1, first, 100, 101]
    parts = parts_for_events(
        problem,
        {name: [batch(name, day) for day in days] for name in ("rides", "notes")},
        begin=begin,
        end=begin + timedelta(hours=1),
    )
    for name in ("rides", "notes"):
        read = [key.split("/")[3] for key in parts[name]]
        assert read == [f"{name}{day}" for day in days[1:3]]


def test_labels_that_do_not_tell_their_events_time_are_all_read() -> None:
    text = RIDES.format(matures="1d").replace("role: events,", "role: events, id: [rider],")
    problem = parse_problem(text.replace("starts: timestamp, delay", "delay"))
    found = {"rides": [batch("rides", 900)], "notes": [batch("notes", None)]}
    parts = parts_for_events(problem, found, begin=START, end=START + DAY)
    assert [len(parts[name]) for name in ("rides", "notes")] == [0, 1]
