"""Small files dropped, repeated, corrected, deleted, told in any order, twice and after kills: what
counts afterwards is what the files that lie there say, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from ghosteam.aws.batches import BatchLedger
from ghosteam.data.derive import TARGET
from ghosteam.documents.event import Event
from ghosteam.features.aggregates.count import Count
from ghosteam.features.aggregates.mean import Mean
from ghosteam.features.lake_parts import parts_for_events
from ghosteam.features.training_set import read_sources
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.check_performance import read_labels
from ghosteam.steps.ingest_file import Ingest, ingest_file
from ghosteam.steps.materialize_features import materialize_features
from ghosteam.steps.online_features import read_online
from ghosteam.steps.validate_batch import Validation, validate_batch
from ghosteam.steps.withdraw_file import withdraw_file
from tests.builders import csv_bytes, s3_deletion, s3_event
from tests.unit.data.memory import MemoryObjects, MemoryState, MemoryTables
from tests.unit.data.world import Kill, Killed, RecordingBus
from tests.unit.features.oracle import RIDES, File, Row, Version, counting, newest

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LINES = ("red", "blue")
KEYS = ("rides/rides/a.csv", "rides/rides/b.csv", "rides/buses/a.csv", "rides/buses/b.csv")
_RIDES = st.tuples(
    st.integers(1, 2),
    st.integers(1, 2).map(lambda day: START + (day - 1) * DAY + 12 * HOUR),
    st.sampled_from((*LINES, None)),  # a ride without a line is quarantined
    st.sampled_from([None, 1.0, 9.0]),
)
_BUSES = st.tuples(st.sampled_from(LINES), st.sampled_from([20, 40, None]))
PLACES = st.integers(0, 999)


class Files(RuleBasedStateMachine):
    """The data slice in memory; S3 and the bus deliver when a rule says so."""

    def __init__(self, problem: Problem, identity: Callable[[Row], Any]) -> None:
        super().__init__()
        self.problem, self.identity = problem, identity
        self.kill = Kill()
        self.landing = MemoryObjects("landing", Kill())
        self.lake = MemoryObjects("lake", self.kill)
        self.state = MemoryState(self.kill)
        self.ledger = BatchLedger(self.state)
        self.online = MemoryTables(self.kill)
        self.bus = RecordingBus(self.kill)
        problems = {"rides": problem}
        self.ingest = Ingest(
            self.landing, self.lake, self.ledger, self.bus, problems, 10**6, part_rows=2
        )
        self.validation = Validation(self.lake, self.ledger, self.bus, problems, Path())
        self.versions: dict[str, list[Version]] = defaultdict(list)
        self.waiting: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.moment = 0

    @rule(key=st.sampled_from(KEYS), data=st.data())
    def drop(self, key: str, data: st.DataObject) -> None:
        """A file lands, most often one of few rows, some of the same ride."""
        rows: st.SearchStrategy[Any] = _RIDES if "/rides/" in key[5:] else _BUSES
        self._land(key, tuple(data.draw(st.lists(rows, min_size=1, max_size=4))))

    @rule(key=st.sampled_from(KEYS), place=PLACES)
    def drop_again(self, key: str, place: int) -> None:
        """The same bytes again, at their own key or at another."""
        folder = key.rpartition("/")[0]
        known = [
            one.file
            for other, told in self.versions.items()
            for one in told
            if other.startswith(folder) and one.file
        ]
        if known:
            self._land(key, known[place % len(known)])

    @rule(backwards=st.booleans())
    def synchronise(self, backwards: bool) -> None:
        """All files that lie there are dropped once more."""
        for key in sorted(KEYS, reverse=backwards):
            if self.versions[key] and (file := self.versions[key][-1].file):
                self._land(key, file)

    @rule(key=st.sampled_from(KEYS), for_good=st.booleans())
    def delete(self, key: str, for_good: bool) -> None:
        """The object is deleted: S3 hides it behind a marker, or forgets its newest version."""
        if for_good:
            self._delete_for_good(key)
            return
        name = self._version(key, None)
        self.waiting.append(
            s3_deletion(key, sequencer=self._sequencer(), version_id=name, time=self._time())
        )

    @rule(place=PLACES, at=st.none() | st.integers(0, 6))
    def deliver(self, place: int, at: int | None) -> None:
        """An event of S3 arrives, in any order; the process may be killed."""
        if self.waiting:
            event = self.waiting[place % len(self.waiting)]
            if self._survives(lambda: self._take(event), at):
                self.waiting.remove(event)
                self.told.append(event)

    @rule(place=PLACES)
    def replay(self, place: int) -> None:
        """An event of S3 arrives once more."""
        if self.told:
            self._take(self.told[place % len(self.told)])

    @rule(place=PLACES, at=st.none() | st.integers(0, 6))
    def work(self, place: int, at: int | None) -> None:
        """An event of the bus arrives, in any order; the process may be killed."""
        if self.bus.events:
            event = self.bus.events[place % len(self.bus.events)]
            if self._survives(lambda: self._act(event), at):
                self.bus.events.remove(event)

    @rule(seed=st.integers(0, 9))
    def settle(self, seed: int) -> None:
        """Everything arrives, and what counts is compared with the oracle."""
        random = Random(seed)
        random.shuffle(self.waiting)
        while self.waiting:
            event = self.waiting.pop()
            self._take(event)
            self.told.append(event)
        while self.bus.events:
            self._act(self.bus.events.pop(random.randrange(len(self.bus.events))))
        self._compare()

    def teardown(self) -> None:
        self.settle(0)

    def _compare(self) -> None:
        rides = newest(counting(self.versions, "rides"), self.identity)
        buses = dict(newest(counting(self.versions, "buses"), lambda row: row[0]))
        active = {name: self.ledger.active("rides", name) for name in ("rides", "buses")}
        if rides and buses:
            parts = parts_for_events(self.problem, active, begin=START, end=START + 9 * DAY)
            events = read_sources(self.problem, parts, self._part).events
            found = events.select("rider", "starts", "line", "delay").rows()
            assert sorted(found, key=str) == sorted(rides, key=str)
        begin, end = START + DAY, START + 2 * DAY
        span = {"begin": begin, "end": end, "now": end + 99 * DAY}
        labels = read_labels(self.problem, active["rides"], lake=self.lake, **span)
        assert sorted(labels.select("rider", EVENT_TIME, TARGET).rows()) == sorted(
            (rider, starts, float(delay > 5))
            for rider, starts, _, delay in rides
            if delay is not None and begin <= starts < end
        )
        asked = [(line, day) for line in LINES for day in range(1, 7)]
        online = read_online(
            self.online,  # type: ignore[arg-type]
            self.problem,
            "on",
            [{"line": line} for line, _ in asked],
            [START + (day - 1) * DAY + HOUR for _, day in asked],
        )
        for (line, day), row in zip(asked, online, strict=True):
            midnight = START + (day - 1) * DAY
            late = [
                delay > 5
                for _, starts, of, delay in rides
                if of == line
                and delay is not None
                and midnight - 2 * DAY <= starts + HOUR < midnight
            ]
            assert row.features == {
                "buses__seats": buses.get(line),
                "late_2d": sum(late) / len(late) if late else None,
                "rides_2d": len(late),
            }, (line, day)

    def _land(self, key: str, file: File) -> None:
        names = ("rider", "starts", "line", "delay") if len(file[0]) == 4 else ("line", "seats")
        body = csv_bytes(dict(zip(names, row, strict=True)) for row in file)
        name = self._version(key, file)
        self.landing.bodies[key, name] = body
        event = s3_event(
            key, size=len(body), sequencer=self._sequencer(), version_id=name, time=self._time()
        )
        self.waiting.append(event)

    def _delete_for_good(self, key: str) -> None:
        """Once a key, when all of it was told in order: only the state before the last is
        remembered.
        """
        there = self.versions[key]
        sent = [event for event in self.told if event["detail"]["object"]["key"] == key]
        in_order = [event["detail"]["object"]["version-id"] for event in sent]
        if there and in_order == [one.name for one in there]:
            there[-1].removed = True
            self.moment += 1
            self.waiting.append(
                s3_deletion(
                    key,
                    sequencer=self._sequencer(),
                    version_id=there[-1].name,
                    for_good=True,
                    time=self._time(),
                )
            )

    def _version(self, key: str, file: File | None) -> str:
        self.moment += 1
        self.versions[key].append(Version(file, self.moment, f"v{self.moment}"))
        return f"v{self.moment}"

    def _sequencer(self) -> str:
        return f"{self.moment:016X}"

    def _time(self) -> str:
        return (START + 30 * DAY + timedelta(seconds=self.moment)).isoformat()

    def _take(self, event: dict[str, Any]) -> None:
        if event["detail-type"] == "Object Deleted":
            withdraw_file(event, self.ingest)
        else:
            ingest_file(event, self.ingest, now=START + 31 * DAY + self.kill.calls * HOUR)

    def _act(self, event: Event) -> None:
        if event.type == "BatchIngested":
            validate_batch({"detail": event.detail()}, self.validation)
        elif event.type in ("BatchValidated", "BatchWithdrawn"):
            materialize_features(
                self.problem,
                str(event.ids["dataset"]),
                str(event.ids["batch_id"]),
                serving=self.also,
                state=self.state,
                lake=self.lake,
                online=self.online,
                online_prefix="on",
                bus=self.bus,
            )

    @property
    def also(self) -> list[Problem]:
        """The problem as models that serve learned it."""
        return []

    def _survives(self, act: Callable[[], None], at: int | None) -> bool:
        self.kill.at = None if at is None else self.kill.calls + at
        try:
            act()
        except Killed:
            return False
        finally:
            self.kill.at = None
        return True

    def _part(self, key: str) -> pl.DataFrame:
        return pl.read_parquet(BytesIO(self.lake.get(key)))


@pytest.mark.parametrize("additive", [True, False], ids=["added to", "made anew"])
@pytest.mark.parametrize(
    ("declared", "identity"),
    [("", lambda ride: ride[:2]), ("id: [rider]", lambda ride: ride[0])],
    ids=["entity and time", "declared id"],
)
def test_what_counts_is_what_lies_there(
    declared: str,
    identity: Callable[[Row], Any],
    additive: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows of aggregates that add up, and of the others, are kept up to date in two ways."""
    for member in (Count, Mean):
        monkeypatch.setattr(member, "additive", additive)
    problem = parse_problem(RIDES.format(id=declared))
    size = {"max_examples": 40, "stateful_step_count": 30, "deadline": None}
    run_state_machine_as_test(
        lambda: Files(problem, identity),
        settings=settings(**size, suppress_health_check=list(HealthCheck)),
    )
