"""The rollout task that promotes or drops a challenger."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from ghosteam.aws.model_registry import ModelRegistry
from ghosteam.documents import state_keys
from tests import documents
from tests.unit.serving.builders import REGISTRY, deployed


def test_a_promotion_reaches_routing_registry_and_run(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    registry = ModelRegistry(uri)
    registry.ensure_model("ghosteam-flights")
    versions = [
        registry.create_version("ghosteam-flights", "s3://m", None, {"run_id": run})
        for run in ("run-1", "run-2")
    ]
    registry.set_alias("ghosteam-flights", "champion", versions[0])
    with deployed("finish_rollout", replace(REGISTRY, mlflow_tracking_uri=uri)) as (
        function,
        state,
        _,
    ):
        state.create("flights", state_keys.ROLLOUT_LEASE, documents.rollout_lease(versions[1]))
        state.create(
            "flights",
            state_keys.ROUTING,
            documents.routing(documents.slot(versions[0]), documents.challenger(versions[1])),
        )
        request = {
            "problem": "flights",
            "version": versions[1],
            "run_id": "run-2",
            "verdict": "promote",
            "reason": "fit",
        }
        assert function.handler(request, SimpleNamespace()) == {
            "retire": {"endpoint_name": f"slot-{versions[0]}"}
        }
        run = state.get("flights", state_keys.RUNS / "run-2")
        assert run is not None
        assert run.data.status == "promoted"
    assert registry.alias_version("ghosteam-flights", "champion") == versions[1]
    assert registry.alias_version("ghosteam-flights", "previous") == versions[0]
