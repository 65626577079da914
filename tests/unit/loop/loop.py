"""From a file to a judged model, by the steps and jobs themselves, in an account in memory."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.documents.evaluation import Evaluation
from ghosteam.documents.event import Event
from ghosteam.documents.plan import Plan
from ghosteam.features.views import views_version
from ghosteam.problem.load import parse_problem
from ghosteam.retraining.readiness import Ready, Waiting
from ghosteam.steps.data_at_hand import assess, note_materialized
from ghosteam.steps.ingest_file import Ingest, ingest_file
from ghosteam.steps.start_run import start_run
from ghosteam.steps.validate_batch import Validation, validate_batch
from tests.accounts import Account
from tests.builders import s3_event
from tests.learning_builders import write_digests
from training_jobs import build_training_set, evaluate_models, train

FAMILY = "linear"


@dataclass
class Loop:
    """Files of one problem, whose features come from requests alone; ``now`` is moved by hand."""

    account: Account
    text: str
    folder: Path
    now: datetime
    _landed: int = 0
    batches: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.problem = parse_problem(self.text)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="landing")
        ledger, problems = BatchLedger(self.account.state), {self.problem.problem: self.problem}
        landing = Objects(s3, "landing")
        bus: Any = self.account.bus
        self._ingest = Ingest(
            landing, self.account.lake, ledger, bus, problems, 10_000_000, 100_000
        )
        self._validation = Validation(
            self.account.lake, ledger, self.account.state, bus, problems, self.folder
        )

    def land(self, frame: pl.DataFrame, name: str) -> str:
        """Drop rows as a file, by which they are found online too; returns its batch's id."""
        key = f"{self.problem.problem}/{self.problem.events_name}/{name}.csv"
        body = frame.write_csv().encode()
        boto3.client("s3").put_object(Bucket="landing", Key=key, Body=body)
        self._landed += 1
        time = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        dropped = s3_event(key, size=len(body), sequencer=f"{self._landed:016X}", time=time)
        self.account.bus.events.clear()
        ingest_file(dropped, self._ingest, now=self.now)
        (ingested,) = self.events("BatchIngested")
        assert validate_batch({"detail": ingested.detail()}, self._validation) == "validated"
        batch_id = str(ingested.ids["batch_id"])
        self.online(batch_id)
        return batch_id

    def online(self, batch_id: str) -> None:
        """What follows when a batch's features were made, or taken back."""
        name = self.problem.events_name
        note_materialized(
            self.problem,
            name,
            batch_id,
            view_version=views_version(self.problem, name),
            state=self.account.state,
            now=self.now,
        )

    def events(self, kind: str) -> list[Event]:
        return [event for event in self.account.bus.events if event.type == kind]

    def readiness(self) -> Ready | Waiting:
        return assess(self.problem, self.account.state, as_of=self.now)

    def run(self, run_id: str = "run-1") -> Evaluation:
        """Plan, training set, a small family, and the evaluation."""
        ready = self.readiness()
        assert isinstance(ready, Ready), ready
        start_run(
            self.problem,
            {
                "problem": self.problem.problem,
                "run_id": run_id,
                "reason": {"trigger": "readiness", "detail": "a file"},
                "as_of": ready.as_of(self.problem).isoformat(),
                "execution": f"arn:execution:{run_id}",
            },
            now=self.now,
            state=self.account.state,
            artifacts=self.account.artifacts,
            bus=self.account.bus,  # type: ignore[arg-type]
            lake_bucket="lake",
            online_prefix="on",
            name_prefix="gt-test",
        )
        document = self.account.artifacts.get_json(
            f"runs/{self.problem.problem}/{run_id}/plan.json"
        )
        self.plan = Plan.from_json(document)
        self.folder.mkdir(parents=True, exist_ok=True)
        made = self._job("set", "processing/input", document)
        build_training_set.main(made, [])
        self.training_set = made / "processing/output/training_set"
        fitted = self._job("fit", "input/data", document)
        (fitted / "input/data/training").symlink_to(self.training_set)
        (fitted / "input/config").mkdir()
        asked = {"family": FAMILY, "trials": "2", "seconds": "60"}
        (fitted / "input/config/hyperparameters.json").write_text(json.dumps(asked))
        write_digests(fitted / "input/data", run_id=run_id, problem=self.problem.problem)
        train.main(fitted, [])
        judged = self._job("judge", "processing/input", document)
        inputs = judged / "processing/input"
        (inputs / "training_set").symlink_to(self.training_set)
        (inputs / "families").mkdir()
        (inputs / "families/families.json").write_text('{"trained": ["linear"], "lost": {}}')
        (inputs / "candidates/job-1/output").mkdir(parents=True)
        with tarfile.open(inputs / "candidates/job-1/output/model.tar.gz", "w:gz") as tar:
            tar.add(fitted / "model", ".")
        write_digests(inputs, run_id=run_id, problem=self.problem.problem)
        evaluate_models.main(judged, [])
        output = judged / "processing/output/evaluation"
        self.reference = json.loads((output / "reference.json").read_text())
        return Evaluation.from_json(json.loads((output / "evaluation.json").read_text()))

    def set(self, name: str) -> pl.DataFrame:
        """``train`` or ``holdout`` of the last run."""
        return pl.read_parquet(self.training_set / f"{name}.parquet")

    def _job(self, name: str, inputs: str, plan: dict[str, Any]) -> Path:
        base = self.folder / f"{name}-{self._landed}"
        (base / inputs / "plan").mkdir(parents=True)
        (base / inputs / "plan/plan.json").write_text(json.dumps(plan))
        return base


def later(loop: Loop, **by: float) -> None:
    """Let the clock go on."""
    loop.now += timedelta(**by)


def track(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the training job records its runs."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
