"""The data slice in memory, with a champion whose performance is judged while everything happens
that can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.changed_windows import OutcomeMonitoring
from ghosteam.steps.check_performance import check_performance, check_what_waits
from ghosteam.steps.windows_to_judge import WindowsToJudge
from tests import documents
from tests.prediction_log import deliver, prediction
from tests.unit.features.files import Files
from tests.unit.features.oracle import Counted, Row, counting, newest
from tests.unit.features.rides import DAY, HOUR, START
from tests.unit.features.test_labels_in_any_order import LabelledFiles

WATCHED = "watch: {window: 1d}\n"
ENDS = [START + day * DAY for day in range(1, 4)]
LATER = START + 60 * DAY


class Checks(Files):
    """Time passes when a rule says so; a check is called by events, of which any may be late. A
    champion serves, and has predicted all rides that there will be.
    """

    def __init__(self, problem: Problem, identity: Callable[[Row], Any]) -> None:
        super().__init__(problem, identity)
        champion = documents.slot("1", metrics={problem.promote.metric: 0.7})
        self.state.put("rides", state_keys.ROUTING, documents.routing(champion))
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
        deliver(self.lake, *records, name="all", hour="2024/03/01/00")

    @property
    def monitoring(self) -> OutcomeMonitoring:
        """What checks read and write."""
        stores = (self.lake, self.lake, self.state, self.bus, self.online)
        return OutcomeMonitoring(*stores, "on")  # type: ignore[arg-type]

    @rule(hours=st.integers(1, 400))
    def wait(self, hours: int) -> None:
        """What was too young may have become mature."""
        self.now += hours * HOUR

    @rule(at=st.none() | st.integers(0, 6))
    def turn(self, at: int | None) -> None:
        """The clock calls a check, which may be killed, and is then called again."""
        if not self._survives(self._turn, at):
            self._turn()

    def work_through(self) -> None:
        """Everything arrives, and nobody compares."""
        while self.waiting:
            self.deliver(0, None)
        while self.bus.events:
            self.work(0, None)

    def labels_judged(self, place: int) -> int | None:
        """By how many labels a window was judged; None: it was not."""
        key = state_keys.PERFORMANCE_VERDICTS / ENDS[place].isoformat()
        found = self.state.find("rides", key)
        return found.labels if found else None

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
        for immature in self.state.list("rides", state_keys.IMMATURE_WINDOWS_TO_JUDGE):
            assert matures.after(immature.data.window_end) > self.now
        rides = newest(counting(self.versions, "rides"), self.identity)
        for end in ENDS:
            known = [
                ride
                for ride in rides
                if end - DAY <= ride[1] < end and self.told_of(ride)[0] is not None
            ]
            self._same(end, len(known))
        self.now = before

    def _same(self, end: datetime, labels: int) -> None:
        key = state_keys.PERFORMANCE_VERDICTS / end.isoformat()
        stored = self.state.find("rides", key)
        adapters = self.monitoring
        (judged,) = check_performance(
            self.problem, window_ends=[end], now=self.now, adapters=adapters
        )
        assert judged.labels == labels
        assert stored == judged if stored else labels == 0
        if stored is None:  # as if nobody had looked
            found = self.state.get("rides", key)
            assert found is not None
            self.state.delete("rides", found)


class Judged(Checks):
    """Delays come with the rides."""


class JudgedWithoutWindows(Judged):
    """Delays come with the rides, and no window of features counts them."""

    def windows_of(self, rides: Sequence[Counted], asked: datetime) -> dict[str, float | None]:
        return {}


class JudgedByLabels(LabelledFiles, Checks):
    """Delays come in files of their own."""


def watched(text: str) -> Problem:
    """Whose performance is judged day by day."""
    return parse_problem(text + WATCHED)
