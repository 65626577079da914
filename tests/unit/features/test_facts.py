"""Windows over facts, by a plain loop over the rows that count: online, whatever happened to their
files, and in the training set.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import strategies as st

from ghosteam.features.available import Availability
from ghosteam.features.lake_parts import parts_for_events
from ghosteam.features.training_set import read_sources
from ghosteam.features.view_rows import KNOWN_FROM
from ghosteam.features.views import views_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.online_features import read_online
from tests.unit.features.files import Files, happens
from tests.unit.features.oracle import Row, counting, newest
from tests.unit.features.rides import DAY, HOUR, LINES, NAMES, RIDERS, ROWS, START, begun, in_window

TEXT = """
version: 1
problem: rides
task: binary
entities: {{rider: [rider]}}
event_time: starts
target: {{name: late, expr: delay > 5, known_at: event_time + 1h}}
datasets:
  rides:
    role: events
    columns: {{rider: integer, starts: timestamp, line: string, delay: "number?"}}
  stops:
    role: facts
    key: [line, rider]
    time: at
    known_after: 2h
    {id}
    columns: {{stop: integer, line: string, rider: integer, at: timestamp, waited: "number?",
      boarded: integer}}
features:
  windows:
    - {{name: rides_2d, by: [line], count: rows, over: 2d}}
    - {{name: waited, from: stops, by: [line], mean: waited, over: [1d, 3d], min_rows: 1}}
    - {{name: stops_2d, from: stops, by: [line], count: rows, over: 2d}}
    - {{name: long, from: stops, by: [line, rider], count: rows, over: 1d, ratio_to: 3d,
        where: "waited > 1 AND boarded < 2"}}
    - {{name: newest, from: stops, by: [rider, line], last: waited, over: 3d}}
    - {{name: boarded, from: stops, by: [line], distinct: boarded, over: 2d}}
    - {{name: soon, from: stops, by: [line], count: rows, over: [30m, 4h, 3d]}}
    - {{name: crowd, from: stops, by: [line, rider], max: boarded, over: [1h, 2h]}}
"""
TOGETHER = TEXT.replace("  windows:", "  windows_online: together\n  windows:")
STOPS: st.SearchStrategy[Row] = st.tuples(
    st.integers(1, 3),
    st.sampled_from((*LINES, None)),
    RIDERS,
    # What happens late in a day is known on the next.
    st.sampled_from([START + day * DAY + hour * HOUR for day in (0, 1) for hour in (12, 23)]),
    st.sampled_from([None, 1.0, 4.0]),
    st.integers(0, 2),
)
_SOON = [
    # What happens at 12:00 and at 23:00 is known at 14:00 and at 1:00.
    START + day * DAY + hours * HOUR + minutes * HOUR / 60
    for day, hours in ((0, 14), (1, 1), (1, 14))
    for minutes in (0, 4, 9, 36, 80, 299)
]
COLUMNS = ("stop", "line", "rider", "at", "waited", "boarded")


def plainly(
    stops: Sequence[Row], line: str, rider: int, asked: datetime
) -> dict[str, float | None]:
    """The definition, read literally."""

    def covered(length: timedelta, every: timedelta) -> list[Row]:
        of_line = [stop for stop in stops if stop[1] == line]
        return [one for one in of_line if in_window(one[3] + 2 * HOUR, asked, length, every)]

    def over(days: int) -> list[Row]:
        return covered(days * DAY, DAY)

    def crowd(length: timedelta, every: timedelta) -> float | None:
        found = covered(length, every)
        return max((stop[5] for stop in found if stop[2] == rider), default=None)

    def waited(days: int) -> float | None:
        found = [stop[4] for stop in over(days) if stop[4] is not None]
        return statistics.fmean(found) if found else None

    def long(days: int) -> int:
        own = [stop for stop in over(days) if stop[2] == rider and stop[4] is not None]
        return len([stop for stop in own if stop[4] > 1 and stop[5] < 2])

    own = [stop for stop in over(3) if stop[2] == rider and stop[4] is not None]
    last = max(own, key=lambda stop: (stop[3], stop[4]), default=None)
    return {
        "waited_1d": waited(1),
        "waited_3d": waited(3),
        "stops_2d": len(over(2)),
        "long": long(1) / long(3) if long(3) else None,
        "newest": last[4] if last else None,
        "boarded": len({stop[5] for stop in over(2)}),
        "soon_30m": len(covered(HOUR / 2, HOUR / 12)),
        "soon_4h": len(covered(4 * HOUR, HOUR)),
        "soon_3d": len(over(3)),
        "crowd_1h": crowd(HOUR, HOUR / 12),
        "crowd_2h": crowd(2 * HOUR, HOUR),
    }


class WithFacts(Files):
    """What is online, and what is learned from, is what a loop says."""

    rows = {"rides": ROWS["rides"], "stops": STOPS}
    names = {"rides": NAMES["rides"], "stops": COLUMNS}

    def __init__(self, problem: Problem, fact: Callable[[Row], Any]) -> None:
        super().__init__(problem, lambda ride: ride[:2])
        self.fact = fact

    def _compare(self) -> None:
        rides = newest(counting(self.versions, "rides"), self.identity)
        stops = newest(counting(self.versions, "stops"), self.fact)
        moments = (*self.asked_at, *_SOON)
        asked = [(line, rider, at) for line in LINES for rider in (1, 2) for at in moments]
        online = read_online(
            self.online,  # type: ignore[arg-type]
            self.problem,
            "on",
            [{"line": line, "rider": rider} for line, rider, _ in asked],
            [at for *_, at in asked],
            now=self.now,
        )
        learned = self._learned() if rides else []
        for (line, rider, at), row in zip(asked, online, strict=True):
            midnight = begun(at)
            known = [
                starts + HOUR
                for _, starts, of, delay in rides
                if of == line and delay is not None and starts + HOUR < midnight
            ]
            wanted: dict[str, Any] = plainly(stops, line, rider, at)
            wanted["rides_2d"] = sum(one >= midnight - 2 * DAY for one in known)
            assert row.features == pytest.approx(wanted), (line, rider, at)
            for sources in learned:
                found = self._found(sources, line, rider, at)
                assert found == pytest.approx(wanted), (line, rider, at)

    def _learned(self) -> list[dict[str, pl.DataFrame]]:
        """The rows of views as training reads them, by each of the clocks."""
        active = {name: self.ledger.active("rides", name) for name in self.rows}
        parts = parts_for_events(self.problem, active, begin=START, end=START + 9 * DAY)
        always = Availability({})
        learned = [
            read_sources(self.problem, parts, self._part, clock).views for clock in (None, always)
        ]
        return [{name: rows.collect() for name, rows in views.items()} for views in learned]

    def _found(
        self, sources: dict[str, pl.DataFrame], line: str, rider: int, at: datetime
    ) -> dict[str, Any]:
        """What a training set has for an event of that time."""
        found: dict[str, Any] = {}
        for view in views_of(self.problem):
            key = view.key_of({"line": line, "rider": rider}, at) or {}
            rows = sources[view.name].filter(**key).sort(KNOWN_FROM)
            for name in view.features.values():
                value = rows[name][-1] if rows.height else None
                found[name] = view.absent.get(name) if value is None else value
        return found


@pytest.mark.parametrize(
    ("text", "declared", "fact"),
    [
        (TEXT, "", lambda stop: stop[1:4]),
        (TEXT, "id: [stop]", lambda stop: stop[0]),
        (TOGETHER, "id: [stop]", lambda stop: stop[0]),
    ],
    ids=["key and time", "declared id", "in shared rows"],
)
def test_windows_over_facts_are_a_loop_over_what_counts(
    text: str, declared: str, fact: Callable[[Row], Any]
) -> None:
    problem = parse_problem(text.format(id=declared))
    happens(lambda: WithFacts(problem, fact), examples=8)


def stop(number: int, at: datetime, waited: float | None, *, line: str = LINES[0]) -> Row:
    return (number, line, 1, at, waited, number)


@pytest.fixture
def machine() -> WithFacts:
    """A ride has landed, so that there is something to learn."""
    problem = parse_problem(TEXT.format(id="id: [stop]"))
    machine = WithFacts(problem, lambda stop: stop[0])
    machine.land("rides/rides/a.csv", ((1, START + 36 * HOUR, LINES[0], 9.0),))
    return machine


def test_facts_of_one_day_by_hand() -> None:
    noon, night = START + 12 * HOUR, START + 23 * HOUR
    stops = [stop(1, noon, 4.0), stop(2, night, 1.0), stop(3, noon, 2.0, line=LINES[1])]
    # What happened at 23:00 is known at 1:00 on the next day.
    assert plainly(stops, LINES[0], 1, START + DAY) == {
        "waited_1d": 4.0,
        "waited_3d": 4.0,
        "stops_2d": 1,
        "long": 1.0,
        "newest": 4.0,
        "boarded": 1,
        "soon_30m": 0,
        "soon_4h": 0,
        "soon_3d": 1,
        "crowd_1h": None,
        "crowd_2h": None,
    }
    assert plainly(stops, LINES[0], 1, START + 2 * DAY) == {
        "waited_1d": 1.0,
        "waited_3d": 2.5,
        "stops_2d": 2,
        "long": 0.0,
        "newest": 1.0,
        "boarded": 2,
        "soon_30m": 0,
        "soon_4h": 0,
        "soon_3d": 2,
        "crowd_1h": None,
        "crowd_2h": None,
    }
    later = plainly(stops, LINES[0], 1, START + 25 * HOUR + HOUR / 3)
    assert [later[name] for name in ("soon_30m", "soon_4h", "crowd_1h", "crowd_2h")] == [
        1,  # the one of 23:00
        0,  # the hour is not over
        2,
        None,
    ]


def test_a_fact_is_corrected_moved_in_time_and_to_another_key_and_withdrawn(
    machine: WithFacts,
) -> None:
    noon = START + 12 * HOUR
    machine.land("rides/stops/a.csv", (stop(1, noon, 4.0), stop(2, noon, 1.0)))
    machine.settle(0)
    corrections = [
        stop(1, noon, 2.0),
        stop(1, noon + DAY, 2.0),
        stop(1, noon, 2.0, line=LINES[1]),
        stop(1, noon, None),
    ]
    for correction in corrections:
        machine.land("rides/stops/b.csv", (correction,))
        machine.settle(0)
    machine.delete(machine.keys.index("rides/stops/b.csv"), for_good=False)
    machine.settle(0)


def test_a_model_that_learned_by_other_facts_has_rows_of_its_own(machine: WithFacts) -> None:
    older = parse_problem(
        TEXT.format(id="id: [stop]").replace("known_after: 2h", "known_after: 0h")
    )

    class Serving(WithFacts):
        also = [older]

    serving = Serving(machine.problem, machine.fact)
    serving.land("rides/stops/a.csv", (stop(1, START + 23 * HOUR, 4.0),))
    serving.settle(0)
    asked = {"line": LINES[0], "rider": 1}
    for problem, days in ((older, [1, 1, 0]), (serving.problem, [0, 1, 1])):
        times = [START + day * DAY + HOUR for day in (1, 2, 3)]
        found = read_online(
            serving.online,  # type: ignore[arg-type]
            problem,
            "on",
            [asked] * 3,
            times,
            now=serving.now,
        )
        assert [row.features["stops_2d"] for row in found] == days


def test_facts_that_come_before_any_event_count_when_there_are_events() -> None:
    problem = parse_problem(TEXT.format(id=""))
    machine = WithFacts(problem, lambda stop: stop[1:4])
    machine.land("rides/stops/a.csv", (stop(1, START + 12 * HOUR, 4.0),))
    machine.settle(0)
    machine.land("rides/rides/a.csv", ((1, START + 36 * HOUR, LINES[0], 9.0),))
    machine.settle(0)
