"""The function register_model against a real MLflow store (a SQLite file)."""

from __future__ import annotations

from mlflow import MlflowClient

from ghosteam.documents import state_keys
from ghosteam.runtime.settings import RegisterSettings
from tests import documents
from tests.accounts import deployed_function, memory_account
from tests.unit.retraining.test_register_model import packed


def test_a_model_that_passed_is_in_the_registry_as_candidate(tmp_path):
    store = f"sqlite:///{tmp_path}/mlflow.db"
    client = MlflowClient(tracking_uri=store, registry_uri=store)
    mlflow_run = client.create_run(
        client.create_experiment("ghosteam-flights", f"file://{tmp_path}/artifacts")
    ).info.run_id
    settings = RegisterSettings(
        environment_name="local",
        state_table="state",
        bus_name="default",
        artifact_bucket="artifacts",
        mlflow_tracking_uri=store,
    )
    candidate = {
        "family": "lightgbm",
        "model_uri": "s3://artifacts/m.tar.gz",
        "mlflow_run_id": mlflow_run,
        "metrics": {"roc_auc": 0.67},
    }
    evaluation = {
        "problem": "flights",
        "run_id": "r1",
        "task": "binary",
        "metric": "roc_auc",
        "holdout_rows": 5000,
        "chosen": "lightgbm",
        "candidates": [candidate],
        "model_uri": candidate["model_uri"],
        "decision": "promote",
        "reasons": [],
        "gates": [],
    }
    with memory_account() as account, deployed_function("register_model", settings) as function:
        account.artifacts.put_json("runs/flights/r1/evaluation/evaluation.json", evaluation)
        evaluated = "runs/flights/r1/evaluation/evaluation.json"
        package, digest = packed()
        account.artifacts.put("m.tar.gz", package)
        known = {"m.tar.gz": digest, evaluated: account.artifacts.digest(evaluated)}
        run = documents.run(digests=known)
        account.state.create("flights", state_keys.RUNS / "r1", run)
        answer = function.handler({"problem": "flights", "run_id": "r1", "refit": False}, None)
    assert answer == {"decision": "promote", "version": "1", "reasons": []}
    version = client.get_model_version_by_alias("ghosteam-flights", "candidate")
    assert version.source == "s3://artifacts/runs/flights/r1/mlflow_model"
    assert version.tags["package"] == candidate["model_uri"]
    assert version.tags["family"] == "lightgbm"
    assert client.get_run(mlflow_run).data.metrics == {"holdout_roc_auc": 0.67}
