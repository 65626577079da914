"""A stream of small files through the real steps, in memory, with everything counted that is read:
what the cost of a batch grows with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.state import Document
from ghosteam.documents.event import Event
from ghosteam.documents.state_keys import Form, Key
from ghosteam.json_object import JsonObject
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.changed_windows import OutcomeMonitoring
from ghosteam.steps.check_performance import check_what_waits
from ghosteam.steps.decide_retraining import Retraining, decide_retraining
from ghosteam.steps.ingest_file import Ingest, ingest_file
from ghosteam.steps.materialize_features import materialize_features
from ghosteam.steps.validate_batch import Validation, validate_batch
from tests.builders import csv_bytes, s3_event
from tests.unit.data.memory import MemoryObjects, MemoryState, MemoryTables
from tests.unit.data.world import Kill, RecordingBus

RIDES = """
version: 1
problem: rides
task: binary
entities: {ride: [ride]}
event_time: starts
target: {name: late, expr: delay > 5, known_at: starts + delay minutes}
datasets:
  rides:
    role: events
    id: [ride]
    columns: {ride: integer, starts: timestamp, line: string, stop: string, bus: string,
      delay: "number?"}
  weather: {key: [stop], time: hour, every: 1h, known_after: 1h,
    columns: {stop: string, hour: timestamp, temp: "number?"}}
  buses: {key: [bus], static: true, columns: {bus: string, seats: "integer?"}}
features:
  request: [line]
  join: [weather.temp, buses.seats]
  windows:
    - {name: late_7d, by: [line], rate: late, over: 7d, min_rows: 1}
    - {name: rides_2d, by: [line], count: rows, over: 2d}
"""
START = datetime(2024, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
A_FILE, OUTCOMES_AFTER = 5, 3


@dataclass
class Reads:
    """What was read: objects of the buckets, documents of the state table, online items; and how
    many of them were ``written``.
    """

    objects: int = 0
    object_bytes: int = 0
    documents: int = 0
    document_bytes: int = 0
    items: int = 0
    item_bytes: int = 0
    written_objects: int = 0
    written_documents: int = 0
    written_items: int = 0
    seconds: float = 0.0

    def since(self, before: Reads) -> Reads:
        """What was read after ``before``."""
        then = asdict(before)
        return Reads(**{name: value - then[name] for name, value in asdict(self).items()})

    def copy(self) -> Reads:
        """As it is now."""
        return Reads(**asdict(self))


class CountedObjects(MemoryObjects):
    """A bucket whose objects are counted as they are read."""

    def __init__(self, bucket: str, reads: Reads) -> None:
        super().__init__(bucket, Kill())
        self._reads = reads

    def get(self, key: str, version_id: str | None = None) -> bytes:
        body = super().get(key, version_id)
        self._reads.objects += 1
        self._reads.object_bytes += len(body)
        return body

    def put(self, key: str, body: Any, *, content_type: str | None = None) -> None:
        super().put(key, body, content_type=content_type)
        self._reads.written_objects += 1


class CountedState(MemoryState):
    """A state table whose documents are counted as they are read."""

    def __init__(self, reads: Reads) -> None:
        super().__init__(Kill())
        self._reads = reads

    def get(self, problem: str, key: Key[Form]) -> Document[Form] | None:
        found = super().get(problem, key)
        self._reads.documents += 1
        if found:
            self._reads.document_bytes += len(self._documents[problem, key.text][1])
        return found

    def _store(self, problem: str, document: Document[Any]) -> None:
        super()._store(problem, document)
        self._reads.written_documents += 1


class CountedTables(MemoryTables):
    """Online rows that are counted as they are read."""

    def __init__(self, reads: Reads) -> None:
        super().__init__(Kill())
        self._reads = reads

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        answer = super().batch_get_item(RequestItems)
        for items in answer["Responses"].values():
            self._reads.items += len(items)
            self._reads.item_bytes += len(json.dumps(items, default=lambda blob: blob.hex()))
        return answer

    def batch_write_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        self._reads.written_items += sum(map(len, RequestItems.values()))
        return super().batch_write_item(RequestItems)


class Steps:
    """An account in memory, in which a file goes through all that follows its landing."""

    part_rows = 100

    def __init__(self, problem: Problem) -> None:
        self.reads = Reads()
        self.problem = problem
        self.landing, self.lake = (CountedObjects(name, self.reads) for name in ("landing", "lake"))
        self.state, self.online = CountedState(self.reads), CountedTables(self.reads)
        self.bus = RecordingBus(Kill())
        self.sequence = 0

    def land(self, key: str, body: bytes, now: datetime) -> None:
        """A file lands, and is ingested, validated, materialized, and judged."""
        self.sequence += 1
        self.landing.bodies[key, "v"] = body
        event = s3_event(
            key,
            size=len(body),
            sequencer=f"{self.sequence:016X}",
            version_id="v",
            time=now.isoformat(),
        )
        self.ingest(event, now)
        while self.bus.events:
            self.act(self.bus.events.pop(0), now)

    def ingest(self, event: JsonObject, now: datetime) -> None:
        """Every function begins anew: nothing that one remembers is cheaper for the next."""
        ledger = BatchLedger(self.state)
        ingest = Ingest(
            self.landing,
            self.lake,
            ledger,
            self.bus,
            self._problems,
            10**6,
            part_rows=self.part_rows,
        )
        ingest_file(event, ingest, now=now)

    def act(self, event: Event, now: datetime) -> None:
        """What follows an event."""
        ids = event.ids
        if event.type == "BatchIngested":
            ledger = BatchLedger(self.state)
            validation = Validation(self.lake, ledger, self.state, self.bus, self._problems, Path())
            validate_batch({"detail": event.detail()}, validation)
        elif event.type in ("BatchValidated", "BatchWithdrawn"):
            materialize_features(
                self.problem,
                str(ids["dataset"]),
                str(ids["batch_id"]),
                state=self.state,
                lake=self.lake,
                online=self.online,
                online_prefix="on",
                bus=self.bus,
                now=now,
            )
        elif event.type == "FeaturesMaterialized":
            document = {"detail-type": event.type, "detail": event.detail()}
            adapters = Retraining(self.state, None, self.bus)  # type: ignore[arg-type]
            decide_retraining(self.problem, document, now=now, adapters=adapters)
            stores = (self.lake, self.lake, self.state, self.bus, self.online, "on")
            monitoring = OutcomeMonitoring(*stores)  # type: ignore[arg-type]
            check_what_waits(self.problem, now=now, adapters=monitoring)

    @property
    def _problems(self) -> dict[str, Problem]:
        return {self.problem.problem: self.problem}


class Stream(Steps):
    """An account in memory to which, each minute, come rides of that minute, the outcomes of rides
    of some minutes ago, the weather at a stop, and two buses, of which one is new.
    """

    def __init__(self) -> None:
        super().__init__(parse_problem(RIDES))
        self.minute = 0

    def next(self) -> Reads:
        """One minute's files, each taken through ingestion, validation, materialization, the check
        of performance and the decision about a run; returns what was read for them.
        """
        before = self.reads.copy()
        began = perf_counter()
        for dataset, rows in self._files(self.minute):
            self._drop(dataset, rows)
        self.reads.seconds += perf_counter() - began
        self.minute += 1
        return self.reads.since(before)

    def _files(self, minute: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        yield "rides", self._rides(minute, known=False)
        if minute >= OUTCOMES_AFTER:
            yield "rides", self._rides(minute - OUTCOMES_AFTER, known=True)
        else:  # the same work from the first minute on: rides of the day before
            yield "rides", self._rides(minute - 1440, known=True)
        hour = (START + minute * MINUTE).isoformat()
        yield "weather", [{"stop": f"s{minute % 7}", "hour": hour, "temp": minute % 30}]
        buses = (f"b{minute}", f"b{minute // 2}")
        yield "buses", [{"bus": bus, "seats": 20 + minute % 9} for bus in dict.fromkeys(buses)]

    def _rides(self, minute: int, *, known: bool) -> list[dict[str, Any]]:
        return [
            {
                "ride": minute * A_FILE + number + 1_000_000,
                "starts": (START + minute * MINUTE + timedelta(seconds=10 * number)).isoformat(),
                "line": f"l{number % 3}",
                "stop": f"s{number}",
                "bus": f"b{number}",
                "delay": float(number * 3) if known else None,
            }
            for number in range(A_FILE)
        ]

    def _drop(self, dataset: str, rows: list[dict[str, Any]]) -> None:
        key = f"rides/{dataset}/{self.sequence + 1:06d}.csv"
        self.land(key, csv_bytes(rows), START + self.minute * MINUTE)
