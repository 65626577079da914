"""MLflow records; whatever it does, the block that trains goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient

from ghosteam.aws.tracking import TrackedRun, experiment_name, tracked_run


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


def track(uri: str) -> TrackedRun:
    with tracked_run(uri, problem="trains", name="r1-lightgbm", tags={"family": "lightgbm"}) as run:
        run.log(params={"rounds": 3}, metrics={"validation_roc_auc": 0.7})
        run.end("FINISHED")
    return run


def test_a_run_is_recorded_and_ended(store: str) -> None:
    run = track(store)
    assert run.trouble is None and run.run_id
    found = MlflowClient(store).get_run(run.run_id)
    assert (found.info.status, found.data.metrics) == ("FINISHED", {"validation_roc_auc": 0.7})


def test_a_deleted_experiment_is_restored(store: str) -> None:
    track(store)
    client = MlflowClient(store)
    experiment = client.get_experiment_by_name(experiment_name("trains"))
    client.delete_experiment(experiment.experiment_id)
    run = track(store)
    assert run.trouble is None and run.run_id
    assert client.get_experiment(experiment.experiment_id).lifecycle_stage == "active"


def test_a_block_that_raises_fails_its_run(store: str) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        tracked_run(store, problem="trains", name="r", tags={}) as run,
    ):
        run.end("FINISHED")
        raise ZeroDivisionError
    assert MlflowClient(store).get_run(run.run_id).info.status == "FAILED"


def test_a_server_that_cannot_be_used_leaves_no_run_and_its_reason() -> None:
    run = track("sqlite:////dev/null/mlflow.db")
    assert run.run_id is None
    assert run.trouble is not None and run.trouble.startswith("Beginning the MLflow run failed")


@pytest.mark.parametrize("call", ["log_batch", "set_terminated"])
def test_a_server_that_fails_later_is_noted_and_costs_nothing(
    store: str, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConnectionError("reset by peer")

    monkeypatch.setattr(MlflowClient, call, fail)
    run = track(store)
    assert run.run_id and run.trouble is not None and "reset by peer" in run.trouble
