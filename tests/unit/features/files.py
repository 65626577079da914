"""The data slice in memory, to which everything happens that can: files are dropped, repeated,
corrected, deleted, rows are posted, and all that is told in any order, twice and after kills.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from ghosteam.aws.batches import BatchLedger
from ghosteam.data.derive import KNOWN_AT, TARGET
from ghosteam.documents.event import Event
from ghosteam.errors import Unfinished
from ghosteam.features.lake_parts import parts_for_events
from ghosteam.features.training_set import read_sources
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.runtime.turns import More, without_end
from ghosteam.steps.ingest_file import Ingest, ingest_file
from ghosteam.steps.labels_at_hand import LabelsAtHand
from ghosteam.steps.materialize_features import materialize_features
from ghosteam.steps.online_features import read_online
from ghosteam.steps.validate_batch import Validation, validate_batch
from ghosteam.steps.withdraw_file import withdraw_file
from tests.builders import s3_deletion, s3_event
from tests.unit.data.memory import MemoryObjects, MemoryState, MemoryTables
from tests.unit.data.world import Kill, Killed, RecordingBus
from tests.unit.features.oracle import File, Row, Version, counting, newest
from tests.unit.features.rides import DAY, HOUR, LINES, NAMES, PLACES, START
from tests.unit.features.told import Told


class Files(Told):
    """S3 and the bus deliver when a rule says so; what is there is compared with the oracle."""

    names = NAMES
    now = START + 20 * DAY
    asked_at: Sequence[datetime] = [START + day * DAY + HOUR for day in range(6)]

    def __init__(self, problem: Problem, identity: Callable[[Row], Any]) -> None:
        super().__init__(problem, identity)
        self.keys = [f"rides/{name}/{file}.csv" for name in self.rows for file in "ab"]
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
        self.validation = Validation(self.lake, self.ledger, self.state, self.bus, problems, Path())
        self.waiting: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []

    @rule(at=PLACES, data=st.data())
    def drop(self, at: int, data: st.DataObject) -> None:
        """A file lands, most often one of few rows, some of the same ride."""
        key = self._key(at)
        rows = self.rows[key.split("/")[1]]
        self.land(key, tuple(data.draw(st.lists(rows, min_size=1, max_size=4))))

    @rule(at=PLACES, place=PLACES)
    def drop_again(self, at: int, place: int) -> None:
        """The same bytes again, at their own key or at another."""
        key = self._key(at)
        folder = key.rpartition("/")[0]
        known = [
            one.file
            for other, told in self.versions.items()
            for one in told
            if other.startswith(folder) and one.file
        ]
        if known:
            self.land(key, known[place % len(known)])

    @rule(backwards=st.booleans())
    def synchronise(self, backwards: bool) -> None:
        """All files that lie there are dropped once more."""
        for key in sorted(set(self.keys), reverse=backwards):
            if self.versions[key] and (file := self.versions[key][-1].file):
                self.land(key, file)

    @rule(at=PLACES, for_good=st.booleans())
    def delete(self, at: int, for_good: bool) -> None:
        """The object is deleted: S3 hides it behind a marker, or forgets its newest version."""
        key = self._key(at)
        if for_good:
            self._delete_for_good(key)
            return
        self._deleted(key, self._version(key, None), for_good=False)

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
        told = [self.told_of(ride) for ride in rides]
        active = {name: self.ledger.active("rides", name) for name in self.rows}
        if all(active[name] for name in (self.problem.events_name, *self.problem.joined_datasets)):
            parts = parts_for_events(self.problem, active, begin=START, end=START + 9 * DAY)
            events = read_sources(self.problem, parts, self._part).events
            found = events.select("rider", "starts", "line", TARGET, KNOWN_AT).rows()
            wanted = [(*ride[:3], *outcome) for ride, outcome in zip(rides, told, strict=True)]
            assert sorted(found, key=str) == sorted(wanted, key=str)
        begin, end = START + DAY, START + 2 * DAY
        stores = (self.state, self.lake, self.online)
        at_hand = LabelsAtHand(self.problem, *stores, "on")  # type: ignore[arg-type]
        labels = at_hand.read(begin=begin, end=end, now=end + 99 * DAY)
        assert sorted(labels.select("rider", EVENT_TIME, TARGET).rows()) == sorted(
            (rider, starts, late)
            for (rider, starts, *_), (late, _) in zip(rides, told, strict=True)
            if late is not None and begin <= starts < end
        )
        asked = [(line, moment) for line in LINES for moment in self.asked_at]
        online = read_online(
            self.online,  # type: ignore[arg-type]
            self.problem,
            "on",
            [{"line": line, "rider": 1} for line, _ in asked],
            [moment for _, moment in asked],
            now=self.now,
        )
        for (line, moment), row in zip(asked, online, strict=True):
            assert row.features == self.features_of(line, moment), (line, moment)

    def _key(self, place: int) -> str:
        return self.keys[place % len(self.keys)]

    def land(self, key: str, file: File) -> None:
        """A file of these rows lands."""
        self.arrive(key, file, self.bodies.get((key, file)) or self.written(key, file))

    def arrive(self, key: str, file: File, body: bytes) -> None:
        self.bodies[key, file] = body
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
            self._deleted(key, there[-1].name, for_good=True)

    def _deleted(self, key: str, version: str, *, for_good: bool) -> None:
        told = {"version_id": version, "for_good": for_good, "time": self._time()}
        self.waiting.append(s3_deletion(key, sequencer=self._sequencer(), **told))

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
        try:
            self._follow(event)
        except Unfinished:
            self.bus.events.append(event)

    def _follow(self, event: Event) -> None:
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
                now=self.now,
                more=self.time_for_more(),
            )

    def time_for_more(self) -> More:
        """How much is done before a message lines up again."""
        return without_end

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


def happens(make: Callable[[], Files], *, examples: int) -> None:
    """Let it happen, in so many ways."""
    run_state_machine_as_test(
        make,  # type: ignore[arg-type]
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
