"""Files dropped once become a champion behind the API."""

from __future__ import annotations

import io

import mlflow
import polars as pl
import pytest
from mlflow import MlflowClient

from cli.connection import ApiClient, Connection
from ghosteam.documents import keys, state_keys
from ghosteam.documents.keys import parse_uri, training_set
from ghosteam.documents.parity import FeatureParity
from ghosteam.documents.slot import Slot
from ghosteam.features.parity import Compared
from ghosteam.tasks.task import metrics_of
from tests.flow import slice as sample
from tests.flow.calls import ask, logged
from tests.flow.conftest import moment
from tests.flow.world import World

pytestmark = pytest.mark.flow


class Forger(ApiClient):
    """Sends a token of its own making."""

    def __init__(self, connection: Connection, token: str) -> None:
        super().__init__(connection)
        self._forged = token

    def token(self) -> str:
        return self._forged


def test_dropped_files_become_a_champion_that_readiness_started(
    world: World, champion: Slot
) -> None:
    run = world.state.get("flights", state_keys.RUNS / champion.run_id)
    assert run is not None
    assert run.data.status == "promoted"
    assert run.data.reason.trigger == "readiness"
    assert "materialized" in run.data.reason.detail
    endpoint = world.client("sagemaker").describe_endpoint(EndpointName=champion.endpoint)
    assert endpoint["EndpointStatus"] == "InService"
    assert world.events("ModelPromoted", run_id=champion.run_id)
    assert world.events("RetrainingFinished", run_id=champion.run_id, status="registered")


def test_sagemaker_has_read_the_metrics_that_each_training_job_printed(
    world: World, champion: Slot
) -> None:
    evaluation = world.artifacts.get_json(keys.evaluation("flights", champion.run_id))
    assert evaluation["lost"] == {}
    assert {one["family"] for one in evaluation["candidates"]} == set(world.problem.model.families)
    for candidate in evaluation["candidates"]:
        job = parse_uri(candidate["model_uri"])[1].split("/")[-3]
        described = world.client("sagemaker").describe_training_job(TrainingJobName=job)
        read = {one["MetricName"]: one["Value"] for one in described["FinalMetricDataList"]}
        kind = world.problem.kind
        assert set(read) == {f"validation:{name}" for name in (*metrics_of(kind), kind.honesty)}
        for name, value in read.items():
            told = candidate["validation"][name.removeprefix("validation:")]
            assert value == pytest.approx(told, abs=1e-5)


def test_every_dropped_row_is_validated_or_quarantined(world: World, champion: Slot) -> None:
    for dataset in ("flights", "weather", "planes"):
        batches = [
            b
            for b in world.ledger.all("flights", dataset)
            if b.source.key.rpartition("/")[2][:4] in ("2013", "plan")
        ]
        assert batches
        for batch in batches:
            assert batch.status == "validated"
            assert batch.valid_rows + batch.quarantined_rows == batch.rows > 0


def test_the_model_version_carries_its_lineage(world: World, champion: Slot) -> None:
    registry = MlflowClient(tracking_uri=world.connection.variables["MLFLOW_TRACKING_URI"])
    version = registry.get_model_version("ghosteam-flights", champion.version)
    assert version.tags["package"] == champion.model_uri
    assert version.tags["judged"] == champion.judged_uri != champion.model_uri
    assert version.tags["run_id"] == champion.run_id
    assert version.tags["family"] in world.problem.model.families
    for name in ("plan", "evaluation"):
        bucket, key = parse_uri(version.tags[name])
        assert bucket == world.artifacts.bucket
        assert world.artifacts.get_json(key)["run_id"] == champion.run_id
    assert parse_uri(version.tags["training_set"])[1] == training_set("flights", champion.run_id)
    tracked = registry.get_run(version.run_id)
    assert tracked.data.metrics["holdout_roc_auc"] == pytest.approx(champion.metrics["roc_auc"])
    assert (
        registry.get_model_version_by_alias("ghosteam-flights", "champion").version
        == champion.version
    )


def test_mlflow_loads_the_champion_and_predicts_as_the_api_does(
    world: World, champion: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in world.connection.variables.items():
        monkeypatch.setenv(name, value)
    mlflow.set_tracking_uri(world.connection.variables["MLFLOW_TRACKING_URI"])
    model = mlflow.pyfunc.load_model("models:/ghosteam-flights@champion")
    rows = sample.requests(world.problem, moment(3, 20), moment(3, 30), 20)
    answers = ask(world, rows)
    records = logged(world, {answer["prediction_id"] for answer in answers})
    asked = pl.DataFrame(
        [
            {
                name: records[answer["prediction_id"]]["features"][name]
                for name in world.problem.feature_names
            }
            for answer in answers
        ]
    )
    found = model.predict(asked.to_pandas())
    assert found["late"].to_list() == pytest.approx(
        [answer["outputs"]["late"] for answer in answers], rel=1e-6
    )
    tags = MlflowClient().get_run(model.metadata.run_id).data.tags
    assert tags["decision"] == "promote" and "gate.beats_baseline" in tags


def test_the_api_answers_april_with_id_version_and_latency(world: World, champion: Slot) -> None:
    rows = sample.requests(world.problem, moment(4, 1), moment(4, 3), 5)
    response = world.api.request("POST", "/v1/flights/predict", json={"instances": rows})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["latency_ms"] > 0
    assert len({prediction["prediction_id"] for prediction in answer["predictions"]}) == len(rows)
    for prediction in answer["predictions"]:
        assert prediction["model_version"] == champion.version
        assert 0 <= prediction["outputs"]["late"] <= 1
        assert prediction["decision"] == (prediction["outputs"]["late"] >= 0.5)
    served = world.api.request("GET", "/v1/flights/model").json()
    assert served["champion"] == {"version": champion.version, "share_percent": 100}


def test_without_a_good_token_there_is_no_answer(world: World, champion: Slot) -> None:
    body = {"instances": sample.requests(world.problem, moment(4, 1), moment(4, 2), 1)}
    assert (
        world.api.request("POST", "/v1/flights/predict", json=body, authorized=False).status_code
        == 401
    )
    head, payload, signature = world.api.token().split(".")
    for token in (
        f"{head}.{payload}.{signature[:-8]}{signature[-8:][::-1]}",
        f"{head}.{payload}.",
        "nonsense",
    ):
        forger = Forger(world.connection, token)
        assert forger.request("POST", "/v1/flights/predict", json=body).status_code == 403
        assert forger.request("GET", "/v1/flights/model").status_code == 403
        forger.close()


def test_a_token_opens_only_what_its_scope_says(world: World, champion: Slot) -> None:
    predict = {"instances": sample.requests(world.problem, moment(4, 1), moment(4, 2), 1)}
    routes = {
        "predict": ("POST", "/v1/flights/predict", predict, 200),
        "model": ("GET", "/v1/flights/model", None, 200),
        "events": ("POST", "/v1/flights/events", {"events": [{"nothing": 1}]}, 400),
        "labels": ("POST", "/v1/flights/labels", {"labels": [{"nothing": 1}]}, 404),
    }
    refusals: dict[str, dict[str, int]] = {
        "predict:flights": {"events": 403, "labels": 403},
        "write:flights": {"predict": 403, "model": 403},
        "admin": {},
    }
    for scope, refused in refusals.items():
        api = world.connection.api(scope)
        for route, (method, path, body, good) in routes.items():
            answer = api.request(method, path, json=body)
            assert answer.status_code == refused.get(route, good), f"{scope} {route}: {answer.text}"
        api.close()


def test_the_model_is_served_the_features_that_it_was_trained_on(
    world: World, champion: Slot
) -> None:
    held = world.artifacts.get(f"{training_set('flights', champion.run_id)}/holdout.parquet")
    holdout = pl.read_parquet(io.BytesIO(held))
    keys = world.problem.entity_columns
    expected = {tuple(str(row[key]) for key in keys): row for row in holdout.to_dicts()}
    rows = sample.requests(world.problem, moment(3, 20), moment(3, 30), 20)
    answers = ask(world, rows)
    records = logged(world, {answer["prediction_id"] for answer in answers})
    trained = [expected[tuple(str(row[key]) for key in keys)] for row in rows]
    served = [
        {
            name: records[answer["prediction_id"]]["features"][name]
            for name in world.problem.feature_names
        }
        for answer in answers
    ]
    names = list(world.problem.feature_names)
    compared = Compared(pl.DataFrame(trained).select(names), pl.DataFrame(served).select(names))
    assert {compared.counted(name) for name in names} == {FeatureParity(len(rows))}
