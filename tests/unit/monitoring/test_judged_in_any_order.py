"""Outcomes dropped, repeated, corrected, withdrawn, told in any order and after kills, while checks
of performance come early, late, or not at all: once everything has arrived, and is mature, what is
on record of each window is what judging it then says.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.check_drift import Monitoring
from ghosteam.steps.check_performance import check_performance, check_what_waits
from ghosteam.steps.windows_to_judge import WindowsToJudge
from tests import documents
from tests.prediction_log import deliver, prediction
from tests.unit.features.files import Files, happens
from tests.unit.features.oracle import RIDES, counting, newest
from tests.unit.features.rides import DAY, HOUR, START
from tests.unit.features.test_labels_in_any_order import RIDES as LABELLED
from tests.unit.features.test_labels_in_any_order import LabelledFiles

WATCHED = "watch: {window: 1d}\n"
ENDS = [START + day * DAY for day in range(1, 4)]
LATER = START + 60 * DAY


def serve(machine: Judged | JudgedByLabels) -> None:
    """A champion serves, and has predicted all rides that there will be."""
    problem = machine.problem
    champion = documents.slot("1", metrics={problem.promote.metric: 0.7})
    machine.state.put("rides", state_keys.ROUTING, documents.routing(champion))
    rides = [(rider, START + day * DAY + 12 * HOUR) for rider in (1, 2) for day in (0, 1)]
    records = [
        prediction(
            f"p{number}",
            problem="rides",
            event_time=starts.isoformat(),
            made_at=starts.isoformat(),
            event={
                name: value
                for name, value in (("rider", rider), ("starts", starts.isoformat()))
                if name in problem.naming_columns
            },
            outputs={"late": 0.1 + number / 5},
            features={},
            freshness_seconds={},
        )
        for number, (rider, starts) in enumerate(rides)
    ]
    deliver(machine.lake, *records, name="all", hour="2024/03/01/00")


class Checks(Files):
    """Time passes when a rule says so; a check is called by events, of which any may be late."""

    @property
    def monitoring(self) -> Monitoring:
        """What checks read and write."""
        online = self.online
        return Monitoring(self.lake, self.lake, self.state, self.bus, online, "on")  # type: ignore[arg-type]

    @rule(hours=st.integers(1, 400))
    def wait(self, hours: int) -> None:
        """What was too young may have become mature."""
        self.now += hours * HOUR

    @rule(at=st.none() | st.integers(0, 6))
    def turn(self, at: int | None) -> None:
        """The clock calls a check, which may be killed, and is then called again."""
        if not self._survives(self._turn, at):
            self._turn()

    def _turn(self) -> None:
        WindowsToJudge(self.problem, self.state).add_newest(self.now)
        self._check()

    def _check(self) -> None:
        check_what_waits(self.problem, now=self.now, adapters=self.monitoring)

    def _follow(self, event: Event) -> None:
        super()._follow(event)
        if event.type == "FeaturesMaterialized":
            self._check()

    def _compare(self) -> None:
        super()._compare()
        waits = list(self.state.list("rides", state_keys.BATCHES_TO_JUDGE))
        waits += list(self.state.list("rides", state_keys.WINDOWS_TO_JUDGE))
        assert not waits, "whatever waited was done by the last call"
        before, self.now = self.now, LATER
        self._turn()
        matures = self.problem.target.matures
        for immature in self.state.list("rides", state_keys.IMMATURE_WINDOWS):
            assert matures.after(immature.data.window_end) > self.now
        rides = newest(counting(self.versions, "rides"), self.identity)
        for end in ENDS:
            known = [
                ride
                for ride in rides
                if end - DAY <= ride[1] < end and self.told_of(ride)[0] is not None
            ]
            complete = any(ride[1] >= end for ride in rides)
            self._same(end, len(known), complete=complete)
        self.now = before

    def _same(self, end: datetime, labels: int, *, complete: bool) -> None:
        key = state_keys.PERFORMANCE_VERDICTS / end.isoformat()
        stored = self.state.find("rides", key)
        adapters = self.monitoring
        (judged,) = check_performance(
            self.problem, window_ends=[end], now=self.now, adapters=adapters
        )
        assert judged.labels == labels
        # One that was mature before an event past its end was known waits for the clock.
        assert stored == judged if stored else labels == 0 or not complete
        if stored is None:  # as if nobody had looked
            found = self.state.get("rides", key)
            assert found is not None
            self.state.delete("rides", found)


class Judged(Checks):
    """Delays come with the rides."""


class JudgedByLabels(LabelledFiles, Checks):
    """Delays come in files of their own."""


def _made(machine: Judged | JudgedByLabels) -> Judged | JudgedByLabels:
    serve(machine)
    return machine


def _problem(text: str) -> Problem:
    return parse_problem(text + WATCHED)


def test_outcomes_in_the_rows_of_events_are_judged_as_they_count_in_the_end() -> None:
    problem = _problem(RIDES.format(id="").replace("+ 1h}", "+ 1h, matures: 25d}"))
    happens(lambda: _made(Judged(problem, lambda ride: ride[:2])), examples=10)


@pytest.mark.parametrize(
    "absent",
    ["", ", matures: 30d, absent: false"],
    ids=["told", "no"],
)
def test_labels_are_judged_as_they_count_in_the_end(absent: str) -> None:
    problem = _problem(LABELLED.format(id="", starts="starts: timestamp,", absent=absent))
    happens(lambda: _made(JudgedByLabels(problem, lambda row: row[:2])), examples=10)


def test_the_newest_window_is_judged_when_it_is_mature_whatever_calls_the_check() -> None:
    machine = _made(
        Judged(
            _problem(RIDES.format(id="").replace("+ 1h}", "+ 1h, matures: 25d}")),
            lambda ride: ride[:2],
        )
    )
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/rides/a.csv", ((1, START + DAY + 12 * HOUR, "red", 9.0),))
    machine.settle(0)
    key = state_keys.PERFORMANCE_VERDICTS / ENDS[1].isoformat()
    found = machine.state.get("rides", key)
    assert found is not None
    machine.state.delete("rides", found)
    machine.land("rides/rides/b.csv", ((2, START + DAY + 12 * HOUR, "red", 9.0),))
    while machine.waiting:
        machine.deliver(0, None)
    while machine.bus.events:
        machine.work(0, None)
    assert machine.state.find("rides", key) is None, "it is not complete yet"
    machine.now = ENDS[1] + 25 * DAY
    machine._check()
    judged = machine.state.find("rides", key)
    assert judged is not None and (judged.labels, judged.predictions) == (2, 2)


def test_an_event_that_goes_takes_its_label_from_a_window_that_was_judged() -> None:
    problem = _problem(LABELLED.format(id="", starts="starts: timestamp,", absent=""))
    machine = _made(JudgedByLabels(problem, lambda row: row[:2]))
    first, second = START + 12 * HOUR, START + DAY + 12 * HOUR
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/rides/a.csv", ((1, first, "red", 3.0), (1, second, "red", 3.0)))
    machine.land("rides/notes/a.csv", ((1, second, 9.0, START + 3 * DAY, "desk"),))
    machine.settle(0)
    key = state_keys.PERFORMANCE_VERDICTS / ENDS[1].isoformat()
    judged = machine.state.find("rides", key)
    assert judged is not None and judged.labels == 1
    machine.land("rides/rides/a.csv", ((1, first, "red", 3.0),))
    machine.settle(0)
    judged = machine.state.find("rides", key)
    assert judged is not None and judged.labels == 0


def test_a_crowd_of_posts_is_judged_by_one_check_and_what_comes_meanwhile_by_another() -> None:
    machine = _made(
        JudgedByLabels(
            _problem(LABELLED.format(id="", starts="starts: timestamp,", absent="")),
            lambda row: row[:2],
        )
    )
    assert isinstance(machine, JudgedByLabels)
    rides = [(rider, START + day * DAY + 12 * HOUR) for rider in (1, 2) for day in (0, 1)]
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/rides/a.csv", tuple((*ride, "red", 3.0) for ride in rides))
    machine.settle(0)
    listed = 0

    def list_counted(prefix: str, *, start_after: str = "") -> object:
        nonlocal listed
        listed += 1
        return type(machine.lake).list(machine.lake, prefix, start_after=start_after)

    machine.lake.list = list_counted  # type: ignore[assignment,method-assign]
    for number in range(40):
        delay = float(number % 12)
        note = (*rides[number % 4], delay, START + 3 * DAY, f"desk {number}")
        machine.land(f"rides/notes/{number}.csv", (note,))
    while machine.waiting:
        machine.deliver(0, None)
    calls = []
    while machine.bus.events:
        event = machine.bus.events.pop(0)
        if event.type == "FeaturesMaterialized":
            calls.append(event)
        else:
            machine._act(event)
    assert len(calls) == 40 and listed == 0
    machine._act(calls[0])
    once = listed
    assert once > 0
    for call in calls[1:]:
        machine._act(call)
    assert listed == once, "nobody else had anything to do"
    machine.settle(0)
