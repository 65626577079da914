"""The registry adapter against MLflow's own store."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient

from ghosteam.aws.model_registry import CHAMPION, ModelRegistry, model_name
from ghosteam.errors import InvalidInput, NotFound

NAME = model_name("flights")
SOURCE = "s3://artifacts/run/model.tar.gz"


@pytest.fixture(scope="module")
def tracking_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("mlflow")
    return f"sqlite:///{folder / 'mlflow.db'}"


@pytest.fixture(scope="module")
def registry(tracking_uri: str) -> ModelRegistry:
    registry = ModelRegistry(tracking_uri)
    registry.ensure_model(NAME)
    return registry


@pytest.fixture(scope="module")
def mlflow_run(tracking_uri: str, registry: ModelRegistry) -> str:
    client = MlflowClient(tracking_uri)
    return str(client.create_run(client.create_experiment("ghosteam-flights")).info.run_id)


def test_registering_a_run_twice_makes_one_version(
    registry: ModelRegistry, mlflow_run: str
) -> None:
    registry.ensure_model(NAME)
    one = registry.create_version(
        NAME, SOURCE, mlflow_run, {"run_id": "20130401T0000-drift-abc123", "family": "lightgbm"}
    )
    again = registry.create_version(
        NAME, SOURCE, mlflow_run, {"run_id": "20130401T0000-drift-abc123"}
    )
    other = registry.create_version(
        NAME, SOURCE, mlflow_run, {"run_id": "20130501T0000-drift-def456"}
    )
    assert one == again != other


def test_an_alias_moves_and_goes(registry: ModelRegistry, mlflow_run: str) -> None:
    versions = [
        registry.create_version(NAME, SOURCE, mlflow_run, {"run_id": run}) for run in ("a", "b")
    ]
    assert registry.alias_version(NAME, CHAMPION) is None
    for version in versions:
        registry.set_alias(NAME, CHAMPION, version)
        assert registry.alias_version(NAME, CHAMPION) == version
    for _ in range(2):
        registry.delete_alias(NAME, CHAMPION)
    assert registry.alias_version(NAME, CHAMPION) is None


def test_tags_and_metrics_are_recorded(
    registry: ModelRegistry, mlflow_run: str, tracking_uri: str
) -> None:
    version = registry.create_version(NAME, SOURCE, mlflow_run, {"run_id": "c"})
    registry.set_version_tag(NAME, version, "rollout", "promoted")
    registry.log_evaluation(mlflow_run, {"roc_auc": 0.69, "brier": 0.17}, {"decision": "promote"})
    client = MlflowClient(tracking_uri)
    assert client.get_model_version(NAME, version).tags == {"run_id": "c", "rollout": "promoted"}
    assert client.get_run(mlflow_run).data.metrics == {"roc_auc": 0.69, "brier": 0.17}


def test_what_does_not_exist_is_not_found(registry: ModelRegistry) -> None:
    with pytest.raises(NotFound):
        registry.set_alias(NAME, CHAMPION, "999")
    with pytest.raises(NotFound):
        registry.alias_version("ghosteam-trains", CHAMPION)
    with pytest.raises(NotFound):
        registry.create_version("ghosteam-trains", SOURCE, None, {"run_id": "a"})
    with pytest.raises(NotFound):
        registry.log_evaluation("0" * 32, {"roc_auc": 0.5}, {"decision": "promote"})


@pytest.mark.parametrize("tags", [{}, {"run_id": ""}, {"run_id": "a' or 1=1"}])
def test_a_version_without_a_runs_id_is_refused(
    registry: ModelRegistry, tags: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput, match="run_id"):
        registry.create_version(NAME, SOURCE, None, tags)


def test_a_feature_may_be_called_as_no_metric_may(
    registry: ModelRegistry, mlflow_run: str, tracking_uri: str
) -> None:
    long = "importance_" + "x" * 300
    found = {
        "importance_price ($)": 0.1,
        "importance_a//b": 0.2,
        "importance_größe": 0.3,
        long: 0.4,
    }
    registry.log_evaluation(mlflow_run, found, {})
    kept = MlflowClient(tracking_uri).get_run(mlflow_run).data.metrics
    names = ("importance_price ___", "importance_a__b", "importance_größe", long[:250])
    assert [kept[name] for name in names] == [0.1, 0.2, 0.3, 0.4]
