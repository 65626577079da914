"""Documents as tests need them: whole, with what matters given by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.batch_profile import BatchProfile
from ghosteam.documents.decision import Decision
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.evaluation import CandidateRecord, Evaluation, Gate
from ghosteam.documents.expectations_result import ExpectationsResult
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.documents.plan import Plan
from ghosteam.documents.published_definition import DefinitionDigests
from ghosteam.documents.rebuild import Rebuild, RebuildStep
from ghosteam.documents.retraining_lease import RetrainingLease
from ghosteam.documents.rollout_lease import RolloutLease
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run, RunReason
from ghosteam.documents.scoring_manifest import ScoredRows, ScoringManifest, ScoringModel
from ghosteam.documents.slot import Challenger, Slot
from ghosteam.documents.training_set_summary import TrainingSetSummary
from ghosteam.problem.definition import digest_of, written
from ghosteam.problem.spec import Problem

DAY = datetime(2013, 7, 1, tzinfo=UTC)


def slot(version: str = "1", **more: Any) -> Slot:
    return Slot(**_of_slot(version, more))


def challenger(version: str = "2", **more: Any) -> Challenger:
    return Challenger(**_of_slot(version, {"percent": 10, "since": DAY, **more}))


def routing(
    champion: Slot | None = None,
    challenger: Challenger | None = None,
    replaced: Slot | None = None,
    salt: str = "r",
) -> Routing:
    return Routing(champion=champion, challenger=challenger, salt=salt, replaced=replaced)


def run(run_id: str = "r1", **more: Any) -> Run:
    known = {
        "occasion_id": run_id,
        "reason": RunReason("drift", "temp"),
        "as_of": DAY,
        "started_at": DAY,
    }
    return Run(run_id=run_id, **{**known, **more})


def batch_profile(**more: Any) -> BatchProfile:
    counts = dict.fromkeys(("rows", "valid_rows", "quarantined_rows"), 0)
    names = dict.fromkeys(("extra_columns", "quarantine"), ())
    place = {"problem": "flights", "dataset": "flights", "batch_id": "b1", "status": "validated"}
    known = {**place, **counts, **names, "quality": {}, "broken_rules": {}, "columns": {}}
    return BatchProfile(**{**known, **more})


def scoring_manifest(**more: Any) -> ScoringManifest:
    known = {
        "problem": "flights",
        "name": "n1",
        "source": "rows.csv",
        "made_at": DAY,
        "model": ScoringModel("1", "r1", "s3://artifacts/1/model.tar.gz"),
        "rows": ScoredRows(1, 0),
        "parts": {},
    }
    return ScoringManifest(**{**known, **more})


def training_set_summary(**more: Any) -> TrainingSetSummary:
    return TrainingSetSummary(**{"rows": {}, "outcomes": {}, "fingerprint": "f", **more})


def drift_reference(**more: Any) -> DriftReference:
    known = {"rows": 0, "window_seconds": None, "columns": {}, "outputs": {}, "joint": None}
    return DriftReference(**{**known, **more})


def rollout_lease(version: str, **more: Any) -> RolloutLease:
    known = {
        "run_id": f"run-{version}",
        "endpoint": f"slot-{version}",
        "execution": f"exec-{version}",
        "acquired_at": DAY,
        "expires_at": DAY + timedelta(days=8),
    }
    return RolloutLease(version=version, **{**known, **more})


def retraining_lease(run_id: str, **more: Any) -> RetrainingLease:
    known = {
        "execution": f"exec-{run_id}",
        "acquired_at": DAY,
        "expires_at": DAY + timedelta(hours=13),
    }
    return RetrainingLease(run_id=run_id, **{**known, **more})


def keep_definition(artifacts: Objects, problem: Problem) -> str:
    """Put what a model learned by where those who ask it find it; returns its digest."""
    definition = written(problem)
    digest = digest_of(definition)
    artifacts.put_json(keys.definition(problem.problem, digest), definition)
    return digest


def _of_slot(version: str, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": version,
        "endpoint": f"slot-{version}",
        "run_id": f"run-{version}",
        "model_uri": f"s3://artifacts/{version}/model.tar.gz",
        "judged_uri": f"s3://artifacts/{version}/model.tar.gz",
        "reference_key": f"{version}/reference.json",
        "digests": {"model": "m", "judged": "m", "reference": "r", "train": "t"},
        "train_end": DAY,
        "metrics": {},
        **more,
    }


def plan(problem: str = "flights", run_id: str = "r1", **more: Any) -> Plan:
    known = {
        "reason": RunReason("drift", "temp"),
        "as_of": DAY,
        "train_start": DAY - timedelta(days=90),
        "holdout_start": DAY - timedelta(days=14),
        "holdout_end": DAY,
        "parts": {},
        "lake_bucket": "lake",
        "artifact_bucket": "artifacts",
        "online_prefix": "on",
        "champion": None,
    }
    return Plan(problem=problem, run_id=run_id, **{**known, **more})


def batch(batch_id: str = "b1", **more: Any) -> BatchRecord:
    key = f"flights/flights/{batch_id}.csv"
    known = {
        "problem": "flights",
        "dataset": "flights",
        "status": "validated",
        "source": LandedObject("landing", key, None, "1", 1, DAY.isoformat()),
        "received_at": DAY.isoformat(),
        "rows": 12,
    }
    return BatchRecord(batch_id=batch_id, **{**known, **more})


def rebuild(**more: Any) -> Rebuild:
    known = {
        "begun": (DefinitionDigests("0" * 64, ""),),
        "at": DAY,
        "moved_at": DAY,
        "steps": (RebuildStep("validate", "flights"), RebuildStep("rebuild", "planes")),
    }
    return Rebuild(**{**known, **more})


def expectations(**more: Any) -> ExpectationsResult:
    known = {
        "problem": "flights",
        "dataset": "flights",
        "batch_id": "b1",
        "revision": "",
        "suite": "0" * 64,
        "library": "1.24.1",
        "rows": 20,
        "expectations": 3,
        "failed": (),
        "at": DAY,
    }
    return ExpectationsResult(**{**known, **more})


def decision(occasion_id: str = "r1", **more: Any) -> Decision:
    known = {
        "decision": "start",
        "reason": "drift as of 2013-07-01 00:00 UTC",
        "trigger": "drift",
        "detail": "temp drifted",
        "request": "",
        "run_id": None,
        "attempt": 1,
        "for_run": None,
        "retry_after": None,
        "as_of": DAY,
        "decided_at": DAY,
    }
    return Decision(occasion_id=occasion_id, **{**known, **more})


def evaluation(run_id: str = "r1", **more: Any) -> Evaluation:
    uri = f"s3://artifacts/{run_id}/model.tar.gz"
    candidate = CandidateRecord(
        family="lightgbm",
        model_uri=uri,
        metrics={"roc_auc": 0.78},
        validation={"roc_auc": 0.8},
        train_start="2013-04-01T00:00:00+00:00",
        train_end="2013-06-17T00:00:00+00:00",
        fingerprint="1f",
    )
    known = {
        "problem": "flights",
        "task": "binary",
        "metric": "roc_auc",
        "holdout_rows": 5000,
        "candidates": (candidate,),
        "chosen": "lightgbm",
        "model_uri": uri,
        "decision": "promote",
        "reasons": (),
        "gates": (Gate("absolute", True, 0.78, 0.62, "roc_auc 0.7800 is at least 0.62"),),
    }
    return Evaluation(run_id=run_id, **{**known, **more})


def drift_verdict(day: int = 0, version: str = "1", **more: Any) -> DriftVerdict:
    """Of the window of a day that ends so many days after ``DAY``."""
    return DriftVerdict(**_window(day, version), **{"rows": 500, **more})


def performance_verdict(day: int = 0, version: str = "1", **more: Any) -> PerformanceVerdict:
    known = {"metric": "roc_auc", "value": 0.7, "limit": 0.67, "labels": 700}
    return PerformanceVerdict(**_window(day, version), **{**known, **more})


def _window(day: int, version: str) -> dict[str, Any]:
    end = DAY + timedelta(days=day)
    return {"window_start": end - timedelta(days=1), "window_end": end, "model_version": version}
