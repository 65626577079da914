"""Labels dropped, repeated, corrected, withdrawn, before and after their events: what is learned
from, judged by and served is what the files of both say, and how far they have met is on record.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from ghosteam.documents import state_keys
from ghosteam.features.aggregates.count import Count
from ghosteam.features.aggregates.mean import Mean
from ghosteam.features.views import windows_version
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.data_at_hand import outcomes_of
from tests.unit.features.files import Files, happens
from tests.unit.features.oracle import Row, counting, newest
from tests.unit.features.rides import DAY, DELAYS, HOUR, NAMES, PLACES, RIDERS, ROWS, START, STARTS

RIDES = """
version: 1
problem: rides
task: binary
entities: {{rider: [rider]}}
event_time: starts
target: {{name: late, expr: delay > 5, known_at: told{absent}}}
datasets:
  rides:
    role: events
    {id}
    columns: {{rider: integer, starts: timestamp, line: string, fare: "number?"}}
  notes:
    role: labels
    of: rides
    columns: {{rider: integer, {starts} delay: "number?", told: "timestamp?"}}
  buses: {{key: [line], static: true, columns: {{line: string, seats: integer}}}}
features:
  join: [buses.seats]
  windows:
    - {{name: late_2d, by: [line], rate: late, over: 2d, min_rows: 1}}
    - {{name: rides_2d, by: [line], count: rows, over: 2d}}
"""
NOTES = ("rides/notes/a.csv", "rides/notes/b.csv")
_TOLD = st.sampled_from([None, *(START + day * DAY + 6 * HOUR for day in (1, 2, 3))])


class LabelledFiles(Files):
    """Delays come in files of their own."""

    rows = {**ROWS, "notes": st.tuples(RIDERS, STARTS, DELAYS, _TOLD, st.just("desk"))}
    names = {
        **NAMES,
        "rides": ("rider", "starts", "line", "fare"),
        "notes": ("rider", "starts", "delay", "told", "by"),
    }

    def __init__(self, problem: Problem, identity: Callable[[Row], Any]) -> None:
        super().__init__(problem, identity)
        self.notes: dict[Any, Row] = {}
        # Most of what happens, happens to labels.
        self.keys = ["rides/rides/a.csv", *NOTES, "rides/rides/b.csv", *NOTES]

    @initialize()
    def begin(self) -> None:
        """There are rides from the start, more often than not."""
        self.land("rides/buses/a.csv", (("red", 20),))
        rides = [(rider, START + day * DAY + 12 * HOUR) for rider in (1, 2) for day in (0, 1)]
        self.land("rides/rides/a.csv", tuple((*ride, "red", 3.0) for ride in rides))

    @rule(at=PLACES, data=st.data())
    def correct(self, at: int, data: st.DataObject) -> None:
        """Labels land, of rides that others are about too."""
        self.drop(self.keys.index(NOTES[at % 2]), data)

    def told_of(self, ride: Row) -> tuple[float | None, datetime | None]:
        if note := self.notes.get(self.identity(ride)):
            return float(note[2] > 5), note[3]
        absent = self.problem.target.absent != "unknown"
        return (0.0, self.problem.target.matures.after(ride[1])) if absent else (None, None)

    def _compare(self) -> None:
        found = newest(counting(self.versions, "notes"), self.identity)
        self.notes = {self.identity(note): note for note in found if note[2] is not None}
        super()._compare()
        rides = newest(counting(self.versions, "rides"), self.identity)
        told = outcomes_of(self.problem, self.state)
        if told is None:
            assert not rides and not self.notes
            return
        there = {self.identity(ride) for ride in rides}
        assert (told.events, told.labels) == (len(rides), len(self.notes))
        assert told.waiting == len(self.notes.keys() - there) >= len(told.examples)
        labelled = [ride for ride in rides if self.told_of(ride)[0] is not None]
        assert told.labelled == sum(told.days.values()) == len(labelled) and told.unusable == 0
        for name in ("rides", "notes"):
            prefix = state_keys.applied_counted_batches(windows_version(self.problem), name)
            held = {one.data.batch.batch_id for one in self.state.list("rides", prefix)}
            assert held == {one.batch_id for one in self.ledger.active("rides", name)}


@pytest.mark.parametrize("additive", [True, False], ids=["added to", "made anew"])
@pytest.mark.parametrize(
    ("declared", "starts", "absent", "identity"),
    [
        ("", "starts: timestamp,", "", lambda row: row[:2]),
        ("id: [rider]", "", "", lambda row: row[0]),
        ("", "starts: timestamp,", ", matures: 1d, absent: false", lambda row: row[:2]),
    ],
    ids=["entity and time", "declared id", "absence means no"],
)
def test_what_is_known_is_what_files_of_both_say(
    declared: str,
    starts: str,
    absent: str,
    identity: Callable[[Row], Any],
    additive: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for member in (Count, Mean):
        monkeypatch.setattr(member, "additive", additive)
    problem = parse_problem(RIDES.format(id=declared, starts=starts, absent=absent))
    happens(lambda: LabelledFiles(problem, identity), examples=15)


@pytest.mark.parametrize("first", ["rides", "notes"])
def test_an_event_and_its_label_that_go_at_once_leave_nothing_online(first: str) -> None:
    problem = parse_problem(RIDES.format(id="", starts="starts: timestamp,", absent=""))
    machine = LabelledFiles(problem, lambda row: row[:2])
    starts = START + 12 * HOUR
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/rides/a.csv", ((1, starts, "red", 3.0),))
    machine.land("rides/notes/a.csv", ((1, starts, 9.0, START + DAY, "desk"),))
    machine.settle(0)
    assert any("late_2d" in id for _, id in machine.online.items)
    machine.delete(machine.keys.index("rides/rides/a.csv"), False)
    machine.delete(machine.keys.index("rides/notes/a.csv"), False)
    while machine.waiting:
        machine.deliver(0, None)
    machine.bus.events.sort(key=lambda event: event.ids["dataset"] != first)
    while machine.bus.events:
        machine.work(0, None)
    machine.settle(0)
    assert [id.partition("@")[0] for _, id in machine.online.items] == ["rides.buses"]
