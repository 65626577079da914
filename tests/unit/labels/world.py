"""Events and labels that land one after the other, and what is made of them, in memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.documents import state_keys
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.features.lake_parts import parts_for_events
from ghosteam.features.split import Spans, split
from ghosteam.features.training_set import read_sources
from ghosteam.problem.load import parse_problem
from ghosteam.retraining.readiness import Ready, Waiting
from ghosteam.serving.prediction_id import prediction_id
from ghosteam.steps.accept_rows import LABELS, Posting, accept_rows
from ghosteam.steps.changed_windows import OutcomeMonitoring
from ghosteam.steps.check_performance import check_performance, check_what_waits
from ghosteam.steps.covered_days import days_of
from ghosteam.steps.data_at_hand import outcomes_of, readiness_of
from ghosteam.steps.ingest_file import Ingest, ingest_file
from ghosteam.steps.materialize_features import materialize_features
from ghosteam.steps.validate_batch import Validation, validate_batch
from ghosteam.steps.withdraw_file import withdraw_file
from tests import documents
from tests.builders import csv_bytes, s3_deletion, s3_event
from tests.prediction_log import deliver, prediction
from tests.unit.data.memory import MemoryObjects, MemoryState, MemoryTables
from tests.unit.data.world import Kill, RecordingBus

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


class World:
    """One problem with labels. Everything that a file causes has happened when its call returns;
    ``verdicts`` are those that it led to.
    """

    def __init__(self, text: str) -> None:
        self.problem = parse_problem(text)
        kill = Kill()
        self.landing, self.lake = (MemoryObjects(name, kill) for name in ("landing", "lake"))
        self.state, self.bus = MemoryState(kill), RecordingBus(kill)
        self.ledger, self.online = BatchLedger(self.state), MemoryTables(kill)
        self.problems = {self.problem.problem: self.problem}
        self.ingest = Ingest(
            self.landing, self.lake, self.ledger, self.bus, self.problems, 10**7, part_rows=10**5
        )
        self.validation = Validation(
            self.lake, self.ledger, self.state, self.bus, self.problems, Path()
        )
        self.monitoring = OutcomeMonitoring(
            self.lake,
            self.lake,
            self.state,
            self.bus,
            self.online,  # type: ignore[arg-type]
            "on",
        )
        champion = documents.slot("1", metrics={self.problem.promote.metric: 0.7})
        self.state.create(self.problem.problem, state_keys.ROUTING, documents.routing(champion))
        self.verdicts: list[PerformanceVerdict] = []
        self._moment = 0

    def drop(self, dataset: str, name: str, rows: Sequence[Row], at: datetime) -> None:
        """A file of rows lands."""
        key = f"{self.problem.problem}/{dataset}/{name}.csv"
        self.landing.bodies[key, None] = csv_bytes(rows)
        self._landed(key, at)

    def post(self, labels: Sequence[Row], at: datetime) -> None:
        """Labels come by the API."""
        body = json.dumps({"labels": labels}, default=datetime.isoformat)
        answer = accept_rows(
            LABELS,
            Posting(self.problem.problem, body),
            landing=self.landing,
            problems=self.problems,
            now=at,
        )
        assert answer["accepted"] == len(labels)
        self._landed(answer["key"], at)

    def delete(self, dataset: str, name: str, at: datetime) -> None:
        """A file is deleted."""
        key = f"{self.problem.problem}/{dataset}/{name}.csv"
        withdraw_file(s3_deletion(key, sequencer=self._next(), time=at.isoformat()), self.ingest)
        self._settle(at)

    def predict(self, rows: Sequence[Row], at: datetime) -> list[str]:
        """The champion predicts for these rows and is right where ``score`` says so; returns the
        predictions' ids.
        """
        name = self.problem.problem
        records = [
            prediction(
                prediction_id(self.problem, row, unique=f"p{number}"),
                problem=name,
                event_time=row["begins"].isoformat(),
                made_at=at.isoformat(),
                event={column: row[column] for column in self.problem.naming_columns},
                outputs={self.problem.target.name: row["score"]},
                features={},
                freshness_seconds={},
            )
            for number, row in enumerate(rows)
        ]
        deliver(self.lake, *records, name=str(len(self.lake.bodies)), hour=f"{at:%Y/%m/%d/%H}")
        return [str(record["prediction_id"]) for record in records]

    def outcomes(self) -> OutcomeCounts:
        """How far labels and events have met."""
        found = outcomes_of(self.problem, self.state)
        assert found is not None
        return found

    def readiness(self, as_of: datetime) -> Ready | Waiting:
        covered = {name: days_of(found, self.ledger) for name, found in self._active().items()}
        outcomes = outcomes_of(self.problem, self.state)
        return readiness_of(self.problem, covered, outcomes, as_of=as_of)

    def judged(self, window_end: datetime, now: datetime) -> PerformanceVerdict:
        """What the schedule says of a window."""
        [verdict] = check_performance(
            self.problem, window_ends=[window_end], now=now, adapters=self.monitoring
        )
        return verdict

    def sets(self, as_of: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Training and hold-out rows of a run."""
        ready = self.readiness(as_of)
        assert isinstance(ready, Ready), ready
        spans = Spans(ready.train_start, ready.holdout_start, ready.holdout_end)
        parts = parts_for_events(
            self.problem, self._active(), begin=ready.train_start, end=ready.holdout_end
        )
        events = read_sources(
            self.problem, parts, lambda key: pl.read_parquet(BytesIO(self.lake.get(key)))
        ).events
        return split(events, spans, problem=self.problem)[:2]

    def _active(self) -> dict[str, Any]:
        name = self.problem.problem
        return {of: self.ledger.active(name, of) for of in self.problem.used_datasets}

    def _next(self) -> str:
        self._moment += 1
        return f"{self._moment:016X}"

    def _landed(self, key: str, at: datetime) -> None:
        event = s3_event(key, size=1, sequencer=self._next(), time=at.isoformat())
        assert ingest_file(event, self.ingest, now=at) in ("ingested", "duplicate")
        self._settle(at)

    def _settle(self, at: datetime) -> None:
        self.verdicts = []
        while self.bus.events:
            event = self.bus.events.pop(0)
            ids = {name: str(event.ids.get(name)) for name in ("dataset", "batch_id")}
            assert event.type != "BatchRejected", event
            if event.type == "BatchIngested":
                validate_batch({"detail": event.detail()}, self.validation)
            elif event.type in ("BatchValidated", "BatchWithdrawn"):
                materialize_features(
                    self.problem,
                    **ids,
                    state=self.state,
                    lake=self.lake,
                    online=self.online,
                    online_prefix="on",
                    bus=self.bus,
                    now=at,
                )
            elif event.type == "FeaturesMaterialized":
                self.verdicts += check_what_waits(self.problem, now=at, adapters=self.monitoring)
