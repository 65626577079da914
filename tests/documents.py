"""Documents as tests need them: whole, with what matters given by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ghosteam.documents.lease import RetrainingLease, RolloutLease
from ghosteam.documents.plan import Plan
from ghosteam.documents.routing import Routing
from ghosteam.documents.run import Run, RunReason
from ghosteam.documents.slot import Challenger, Slot

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
