"""What the serving tests build: a state table, a finished run, a function under its settings in an
account of moto.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import boto3
from moto import mock_aws

from ghosteam.aws.digests import record
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys, state_keys
from ghosteam.documents.keys import parse_uri
from ghosteam.documents.plan import Plan
from ghosteam.documents.run import RunReason
from ghosteam.problem.definition import digest_of, written
from ghosteam.problem.load import load_problem
from ghosteam.runtime import problems
from ghosteam.runtime.settings import (
    ApprovalSettings,
    FinishSettings,
    JudgeSettings,
    PredictSettings,
    PrepareSettings,
    RecordSettings,
    Settings,
    StateSettings,
)
from tests import documents
from tests.accounts import create_state_table, load_handler

ROOT = Path(__file__).parents[3]
ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}
_STATE = {"environment_name": "local", "state_table": "state"}
_CHANGE = {**_STATE, "bus_name": "bus"}
PREDICT = PredictSettings(**_STATE, online_prefix="gt", artifact_bucket="artifacts")
REGISTRY = FinishSettings(**_CHANGE, mlflow_tracking_uri="sqlite:///unused.db")
PREPARE = PrepareSettings(
    **_CHANGE,
    artifact_bucket="artifacts",
    job_image="image:1",
    endpoint_role_arn="arn:aws:iam::123456789012:role/serve",
    name_prefix="gt-local",
)
APPROVAL = ApprovalSettings(
    **_STATE,
    artifact_bucket="artifacts",
    alert_topic_arn="arn:aws:sns:us-east-1:123456789012:alerts",
)
SHIFT = RecordSettings(**_STATE, artifact_bucket="artifacts")
JUDGE = JudgeSettings(**_STATE, lake_bucket="lake", artifact_bucket="artifacts")
RETIRE = StateSettings(**_STATE)

HOLDOUT_START = datetime(2013, 3, 18, tzinfo=UTC)


def write_run(
    state: StateTable,
    artifacts: Objects,
    run_id: str,
    *,
    decision: str = "promote",
    champion: bool = False,
    **more: Any,
) -> None:
    """The plan, the evaluation (with ``more`` in it) and the document of a run of ``flights``, its
    digests on record.
    """
    model_uri = f"s3://artifacts/runs/flights/{run_id}/models/lightgbm/output/model.tar.gz"
    candidate = {
        "family": "lightgbm",
        "model_uri": model_uri,
        "metrics": {"roc_auc": 0.69, "brier": 0.17},
        "slices": {},
    }
    worse = {
        **candidate,
        "family": "sklearn",
        "model_uri": "s3://artifacts/other",
        "metrics": {"roc_auc": 0.6},
    }
    comparison = {"difference": 0.031, "lower": 0.012, "confidence": 0.95, "better": True}
    definition = written(load_problem(ROOT / "feature_repo" / "flights"))
    plan = Plan(
        problem="flights",
        run_id=run_id,
        reason=RunReason("drift", "temp"),
        as_of=HOLDOUT_START + timedelta(days=14),
        train_start=HOLDOUT_START - timedelta(days=90),
        holdout_start=HOLDOUT_START,
        holdout_end=HOLDOUT_START + timedelta(days=14),
        parts={},
        lake_bucket="lake",
        artifact_bucket="artifacts",
        online_prefix="gt",
        champion=documents.slot("1") if champion else None,
        definition=definition,
    )
    artifacts.put_json(keys.definition("flights", digest_of(definition)), definition)
    artifacts.put_json(keys.plan("flights", run_id), plan.to_json())
    artifacts.put_json(
        keys.evaluation("flights", run_id),
        {
            "problem": "flights",
            "run_id": run_id,
            "task": "binary",
            "metric": "roc_auc",
            "holdout_rows": 5000,
            "candidates": [worse, candidate],
            "chosen": "lightgbm",
            "model_uri": model_uri,
            "baselines": {"constant": {"value": 0.5, "undetermined": None, "used": True}},
            "comparison": comparison if champion else None,
            "decision": decision,
            "reasons": [] if decision == "promote" else ["roc_auc 0.55 is below 0.6"],
            **more,
        },
    )
    begun = documents.run(run_id)
    state.update("flights", state_keys.RUNS / run_id, lambda current: current or begun)
    believed = [
        keys.reference("flights", run_id),
        keys.training_rows("flights", run_id),
        parse_uri(model_uri)[1],
    ]
    evaluation = keys.evaluation("flights", run_id)
    found = {
        evaluation: artifacts.digest(evaluation),
        **{key: f"digest of {key}" for key in believed},
    }
    record(state, artifacts, "flights", run_id, found)


def http_api_event(name: str, *, path: str | None = None, body: Any = None) -> dict[str, Any]:
    """An HTTP API event of the documented shape, changed where asked; ``body`` is text or a JSON
    document.
    """
    event: dict[str, Any] = json.loads(
        (ROOT / "tests" / "events" / f"http_api_{name}.json").read_text()
    )
    if path:
        event["rawPath"] = event["requestContext"]["http"]["path"] = path
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


@contextmanager
def deployed(name: str, settings: Settings) -> Iterator[tuple[ModuleType, StateTable, Objects]]:
    """The module of a function's handler, imported afresh under its settings; with its state table
    and artifact bucket.
    """
    environment = {
        **settings.to_environment(),
        **ACCOUNT,
        "GHOSTEAM_FEATURE_REPO": str(ROOT / "feature_repo"),
    }
    with mock.patch.dict(os.environ, environment), mock_aws():
        _forget_problems()
        boto3.client("events").create_event_bus(Name="bus")
        for bucket in ("artifacts", "lake"):
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield (
            load_handler(name),
            create_state_table(boto3.client("dynamodb")),
            Objects(boto3.client("s3"), "artifacts"),
        )
    _forget_problems()


def _forget_problems() -> None:
    problems.repository.cache_clear()
    problems.deployed_problems.cache_clear()
