"""The whole way of rows in one account in memory, all of which is searched."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.data.subject import Subject
from ghosteam.documents import batch_events, keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.erasure import Erasure
from ghosteam.documents.event import Event
from ghosteam.features.training_set import read_sources
from ghosteam.features.views import online_table
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import EVENT_TIME
from ghosteam.steps.compact_log import compact_log
from ghosteam.steps.erase_entity import erase_entity
from ghosteam.steps.erasing import Erasing
from ghosteam.steps.follow_landing import follow_landing
from ghosteam.steps.ingest_file import Ingest
from ghosteam.steps.materialize_features import materialize_features
from ghosteam.steps.online_features import read_online
from ghosteam.steps.record_training_set import record_training_set
from ghosteam.steps.validate_batch import Validation, validate_batch
from tests import documents
from tests.accounts import create_state_table
from tests.builders import csv_bytes, s3_deletion, s3_event
from tests.online import create_online_table
from tests.prediction_log import deliver, prediction
from tests.unit.data.world import SESSION, Kill, RecordingBus
from tests.unit.erasure.mortal import State, Stored

PROBLEM = parse_problem("""
version: 1
problem: visits
task: binary
entities: {patient: [patient]}
event_time: at
target: {name: costly, expr: cost > 50, known_at: at + 1h}
datasets:
  visits: {role: events, columns: {patient: string, at: timestamp, ward: string, cost: "number?"}}
  patients: {key: [patient], static: true, columns: {patient: string, age: integer}}
  bills: {role: facts, key: [patient], time: paid, id: [bill],
    columns: {bill: string, patient: string, paid: timestamp, amount: number}}
features:
  request: [ward]
  join: [patients.age]
  windows:
    - {name: costly_2d, by: [ward], rate: costly, over: 2d, min_rows: 1}
    - {name: visits_2d, by: [patient], count: rows, over: 2d}
    - {name: paid_2d, from: bills, by: [patient], sum: amount, over: 2d}
""")
ANN, BOB = "patient-ann-17", "patient-bob-4"
START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VISITS = ("patient", "at", "ward", "cost")
BILLS = ("patient", "bill", "paid", "amount")
GROUP = "/aws/lambda/ghosteam-test-predict"
BUCKETS = ("landing", "lake", "artifacts")
Row = tuple[Any, ...]


def visit(patient: str, day: int, ward: str = "east", cost: Any = 10.0) -> Row:
    """At noon."""
    return patient, (START + (day - 1) * DAY + 12 * HOUR).isoformat(), ward, cost


def bill(patient: str, name: str, day: int, amount: float = 5.0) -> Row:
    """Paid at noon."""
    return patient, name, (START + (day - 1) * DAY + 12 * HOUR).isoformat(), amount


class World:
    """One account."""

    problem = PROBLEM

    def __init__(self, repository: Path, *, online: str = "on", group: str = GROUP) -> None:
        self.online_prefix, self.group = online, group
        self.s3, self.dynamodb = SESSION.client("s3"), SESSION.client("dynamodb")
        self.logs, self.kill = SESSION.client("logs"), Kill()
        for bucket in BUCKETS:
            self.s3.create_bucket(Bucket=bucket)
            self.s3.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            )
        create_state_table(self.dynamodb)
        create_online_table(self.dynamodb, online)
        self.logs.create_log_group(logGroupName=group, tags={"ghosteam:environment": "dev"})
        buckets = (Stored(self.s3, bucket, self.kill) for bucket in BUCKETS)
        self.landing, self.lake, self.artifacts = buckets
        self.state = State(self.dynamodb, "state")
        self.state.kill = self.kill
        self.ledger, self.bus = BatchLedger(self.state), RecordingBus(self.kill)
        problems = {"visits": self.problem}
        (repository / "visits").mkdir(parents=True)
        self.ingest = Ingest(self.landing, self.lake, self.ledger, self.bus, problems, 1_000_000, 2)
        self.validation = Validation(
            self.lake, self.ledger, self.state, self.bus, problems, repository
        )
        self._sequence, self._told = 0, list[dict[str, Any]]()

    def drop(self, name: str, rows: Sequence[Row], header: Sequence[str] = VISITS) -> None:
        """Put rows into the landing bucket, in the form of the file's name, and see it through."""
        if name.endswith(".parquet"):
            body = BytesIO()
            pl.DataFrame(rows, schema=list(header), orient="row", strict=False).write_parquet(body)
            self.put(name, body.getvalue())
            return
        told = [dict(zip(header, row, strict=True)) for row in rows]
        if ".jsonl" in name:
            text = "".join(json.dumps(row) + "\n" for row in told).encode()
        else:
            text = csv_bytes(told)
        self.put(name, gzip.compress(text) if name.endswith(".gz") else text)

    def put(self, name: str, body: bytes) -> None:
        """Put a file into the landing bucket and see it through."""
        key = f"visits/{name}"
        version = self.s3.put_object(Bucket="landing", Key=key, Body=body)["VersionId"]
        time = f"2024-03-10T{self._sequence // 60:02d}:{self._sequence % 60:02d}:00Z"
        self._told.append(
            s3_event(key, size=len(body), sequencer=self._next(), version_id=version, time=time)
        )
        self.work()

    def work(self) -> None:
        """Deliver everything that S3 and the bus have to tell, until nothing is left."""
        for version in self.landing.removed:
            self._told.append(
                s3_deletion(
                    version.key, sequencer=self._next(), version_id=version.id, for_good=True
                )
            )
        self.landing.removed.clear()
        while self._told or self.bus.events:
            for told in [self._told.pop(0) for _ in list(self._told)]:
                follow_landing(told, self.ingest, now=datetime(2024, 3, 11, tzinfo=UTC))
            for event in [self.bus.events.pop(0) for _ in list(self.bus.events)]:
                self._follow(event)

    def _follow(self, event: Event) -> None:
        if event.type == "BatchIngested":
            validate_batch({"detail": event.detail()}, self.validation)
        if event.type in ("BatchValidated", "BatchWithdrawn"):
            materialize_features(
                self.problem,
                event.ids["dataset"],  # type: ignore[arg-type]
                event.ids["batch_id"],  # type: ignore[arg-type]
                state=self.state,
                lake=self.lake,
                online=self.dynamodb,
                online_prefix=self.online_prefix,
                bus=self.bus,
                now=START,
            )

    def announce(self, batch: BatchRecord) -> None:
        """Do what the events of a batch ask for."""
        if batch.status == "validated":
            self.bus.events.append(batch_events.validated(batch))
            self.work()

    def train(self, run_id: str = "r1") -> None:
        """A run's training set of what counts, on record, and a champion that learned from it."""
        events = self.events()
        folder = keys.training_set("visits", run_id)
        for name, frame in {"train": events.head(-1), "holdout": events.tail(1)}.items():
            body = BytesIO()
            frame.write_parquet(body)
            self.artifacts.put(f"{folder}/{name}.parquet", body.getvalue())
        examples = [{"event": {"patient": one}, "feature": "age"} for one in events["patient"]]
        self.artifacts.put_json(f"{folder}/summary.json", {"parity": {"examples": examples}})
        run = documents.run(run_id, status="promoted")
        self.state.put("visits", state_keys.RUNS / run_id, run)
        digests = record_training_set("visits", run_id, artifacts=self.artifacts, state=self.state)
        train = digests[keys.training_rows("visits", run_id)]
        champion = replace(documents.slot(), run_id=run_id, digests={"train": train})
        self.state.put("visits", state_keys.ROUTING, documents.routing(champion))
        body = BytesIO()
        events.select("patient", "cost").write_parquet(body)
        self.artifacts.put("feast/visits/sources/patients/rows.parquet", body.getvalue())

    def predict(self, *patients: str, compacted: bool = True) -> None:
        """Predictions that are printed, delivered and, if said so, compacted."""
        lines = [
            prediction(
                f"p-{number}-{patient}",
                problem="visits",
                event={"patient": patient, "at": START.isoformat()},
                event_time=START.isoformat(),
                features={"ward": "east"},
            )
            for number, patient in enumerate(patients)
        ]
        deliver(self.lake, *lines, b"{broken " + patients[0].encode(), name=self._next())
        old = int((datetime.now(UTC) - 2 * DAY).timestamp() * 1000)
        for line in lines:
            where = {"logGroupName": self.group, "logStreamName": f"of-{self._next()}"}
            self.logs.create_log_stream(**where)
            self.logs.put_log_events(
                **where, logEvents=[{"timestamp": old, "message": json.dumps(line)}]
            )
        if compacted:
            compact_log(self.lake, self.state, now=datetime.now(UTC))

    def score(self, *rows: Row) -> None:
        """A scoring of a file of rows, with its output."""
        told = [dict(zip(VISITS, row, strict=True)) for row in rows]
        self.lake.put(f"{keys.scoring_input('visits', 's1')}/rows.csv", csv_bytes(told))
        body = BytesIO()
        pl.DataFrame(
            {"_row": range(1, len(rows) + 1), "patient": [row[0] for row in rows], "costly": 0.5}
        ).write_parquet(body)
        self.lake.put(f"{keys.scoring_output('visits', 's1')}/predictions.parquet", body.getvalue())

    def erase(
        self, patient: str = ANN, *, dry_run: bool = False, now: datetime | None = None
    ) -> Erasure:
        """One pass."""
        erasing = Erasing(
            Subject.of(self.problem, {"patient": patient}),
            self.problem,
            (),
            self.landing,
            self.lake,
            self.artifacts,
            self.state,
            BatchLedger(self.state),
            self.bus,
            self.dynamodb,
            self.online_prefix,
            self.logs,
            [self.group],
            now or datetime.now(UTC) + 2 * HOUR,
            dry_run=dry_run,
        )
        return erase_entity(erasing, asked_by="ann")

    def erase_all(self, patient: str = ANN) -> list[Erasure]:
        """Passes until one has nothing to wait for."""
        passes = []
        while not passes or passes[-1].waiting:
            assert len(passes) < 5, passes[-1].waiting
            passes.append(self.erase(patient))
            self.work()
        return passes

    def events(self) -> pl.DataFrame:
        """What a run would learn from."""
        parts = {
            name: [key for one in self.ledger.active("visits", name) for key in one.validated_parts]
            for name in self.problem.datasets
        }
        sources = read_sources(
            self.problem, parts, lambda key: pl.read_parquet(BytesIO(self.lake.get(key)))
        )
        return sources.events.sort(EVENT_TIME, "patient")

    def online(self, *asked: tuple[str, str, int]) -> list[Any]:
        """Features of visits: patient, ward, day."""
        rows = [{"patient": patient, "ward": ward} for patient, ward, _ in asked]
        times = [START + (day - 1) * DAY + HOUR for *_, day in asked]
        found = read_online(self.dynamodb, self.problem, self.online_prefix, rows, times)
        return [one.features for one in found]

    def found(self, value: str = ANN) -> list[str]:
        """Where a value stands: versions of objects of all buckets, items of all tables, logs."""
        return [place for place, text in self._everything() if value in text]

    def _everything(self) -> Iterator[tuple[str, str]]:
        for store in (self.landing, self.lake, self.artifacts):
            for versions in store.versions(""):
                for one in versions:
                    yield f"{store.bucket}/{one.key}@{one.id}", _text(store.read(one) or b"")
        for table in ("state", online_table(self.online_prefix)):
            for item in self.dynamodb.scan(TableName=table)["Items"]:
                yield f"{table}: {next(iter(item.values()))}", str(item)
        for event in self.logs.filter_log_events(logGroupName=self.group)["events"]:
            yield self.group, event["message"]

    def _next(self) -> str:
        self._sequence += 1
        return f"{self._sequence:04X}"


def _text(body: bytes) -> str:
    if body[:4] == b"PAR1":
        return json.dumps(pl.read_parquet(BytesIO(body)).to_dicts(), default=str)
    return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode(errors="replace")
