"""Files dropped once become a champion behind the API; July's weather makes the loop turn again by
itself.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import mlflow
import polars as pl
import pytest
from mlflow import MlflowClient

from cli.connection import ApiClient, Connection
from ghosteam.documents import keys, state_keys
from ghosteam.documents.keys import drift_report, parse_uri, training_set
from ghosteam.features.parity import compare
from ghosteam.steps.prediction_log import read_log
from tests.flow import slice as sample
from tests.flow.conftest import moment
from tests.flow.world import World

pytestmark = pytest.mark.flow
Row = dict[str, Any]


def ask(world: World, rows: Sequence[Row]) -> list[Row]:
    """Predictions for any number of rows, a hundred a request."""
    answers: list[Row] = []
    for first in range(0, len(rows), 100):
        response = world.api.request(
            "POST", "/v1/flights/predict", json={"instances": rows[first : first + 100]}
        )
        assert response.status_code == 200, response.text
        answers += response.json()["predictions"]
    return answers


def logged(world: World, ids: set[str], within: float = 60) -> dict[str, Row]:
    """The logged predictions of these ids, by id, once all have reached the lake."""
    hour, found = timedelta(hours=1), dict[str, Row]()

    def look() -> bool:
        now = datetime.now(UTC)
        log = read_log(
            world.lake, problem=world.problem, since_arrival=now - hour, until_arrival=now
        )
        assert not log.damaged
        found.update((row["prediction_id"], row) for row in log.predictions.to_dicts())
        return ids <= found.keys()

    world.eventually(
        f"log of all {len(ids)} predictions in the lake", look, logs_of=("predict",), within=within
    )
    return {name: found[name] for name in ids}


class Forger(ApiClient):
    """Sends a token of its own making."""

    def __init__(self, connection: Connection, token: str) -> None:
        super().__init__(connection)
        self._forged = token

    def token(self) -> str:
        return self._forged


class Traffic(threading.Thread):
    """Asks for one flight after the other until it is stopped; keeps every answer that is not a
    prediction.
    """

    def __init__(self, world: World, rows: Sequence[Row]) -> None:
        super().__init__(daemon=True)
        self._api, self._rows, self._over = world.connection.api(), rows, threading.Event()
        self.answered, self.failures = 0, list[str]()

    def run(self) -> None:
        for number in range(10**9):
            row = self._rows[number % len(self._rows)]
            try:
                response = self._api.request(
                    "POST", "/v1/flights/predict", json={"instances": [row]}
                )
                if response.status_code == 200:
                    self.answered += 1
                else:
                    self.failures.append(f"{response.status_code} {response.text}")
            except Exception as error:
                self.failures.append(repr(error))
            if self._over.wait(0.1):
                return

    def __enter__(self) -> Traffic:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join(60)
        self._api.close()


def test_dropped_files_become_a_champion_that_readiness_started(
    world: World, champion: Row
) -> None:
    run = world.state.get("flights", state_keys.RUNS / champion["run_id"])
    assert run is not None
    assert run.data["status"] == "promoted"
    assert run.data["reason"]["trigger"] == "readiness"
    assert "materialised" in run.data["reason"]["detail"]
    endpoint = world.client("sagemaker").describe_endpoint(EndpointName=champion["endpoint"])
    assert endpoint["EndpointStatus"] == "InService"
    assert world.events("ModelPromoted", run_id=champion["run_id"])
    assert world.events("RetrainingFinished", run_id=champion["run_id"], status="registered")


def test_sagemaker_has_read_the_metrics_that_each_training_job_printed(
    world: World, champion: Row
) -> None:
    evaluation = world.artifacts.get_json(keys.evaluation("flights", champion["run_id"]))
    assert evaluation["lost"] == {}
    assert {one["family"] for one in evaluation["candidates"]} == set(world.problem.model.families)
    for candidate in evaluation["candidates"]:
        job = parse_uri(candidate["model_uri"])[1].split("/")[-3]
        described = world.client("sagemaker").describe_training_job(TrainingJobName=job)
        read = {one["MetricName"]: one["Value"] for one in described["FinalMetricDataList"]}
        kind = world.problem.kind
        assert set(read) == {f"validation:{name}" for name in (*kind.metrics, kind.honesty)}
        for name, value in read.items():
            told = candidate["validation"][name.removeprefix("validation:")]
            assert value == pytest.approx(told, abs=1e-5)


def test_every_dropped_row_is_validated_or_quarantined(world: World, champion: Row) -> None:
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


def test_the_model_version_carries_its_lineage(world: World, champion: Row) -> None:
    registry = MlflowClient(tracking_uri=world.connection.variables["MLFLOW_TRACKING_URI"])
    version = registry.get_model_version("ghosteam-flights", champion["version"])
    assert version.tags["package"] == champion["model_uri"]
    assert version.tags["judged"] == champion["judged_uri"] != champion["model_uri"]
    assert version.tags["run_id"] == champion["run_id"]
    assert version.tags["family"] in world.problem.model.families
    for name in ("plan", "evaluation"):
        bucket, key = parse_uri(version.tags[name])
        assert bucket == world.artifacts.bucket
        assert world.artifacts.get_json(key)["run_id"] == champion["run_id"]
    assert parse_uri(version.tags["training_set"])[1] == training_set("flights", champion["run_id"])
    tracked = registry.get_run(version.run_id)
    assert tracked.data.metrics["holdout_roc_auc"] == pytest.approx(champion["metrics"]["roc_auc"])
    assert (
        registry.get_model_version_by_alias("ghosteam-flights", "champion").version
        == champion["version"]
    )


def test_mlflow_loads_the_champion_and_predicts_as_the_api_does(
    world: World, champion: Row, monkeypatch: pytest.MonkeyPatch
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
            {name: records[answer["prediction_id"]][name] for name in world.problem.feature_names}
            for answer in answers
        ]
    )
    found = model.predict(asked.to_pandas())
    assert found["late"].to_list() == pytest.approx(
        [answer["outputs"]["late"] for answer in answers], rel=1e-6
    )
    tags = MlflowClient().get_run(model.metadata.run_id).data.tags
    assert tags["decision"] == "promote" and "gate.beats_baseline" in tags


def test_the_api_answers_april_with_id_version_and_latency(world: World, champion: Row) -> None:
    rows = sample.requests(world.problem, moment(4, 1), moment(4, 3), 5)
    response = world.api.request("POST", "/v1/flights/predict", json={"instances": rows})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["latency_ms"] > 0
    assert len({prediction["prediction_id"] for prediction in answer["predictions"]}) == len(rows)
    for prediction in answer["predictions"]:
        assert prediction["model_version"] == champion["version"]
        assert 0 <= prediction["outputs"]["late"] <= 1
        assert prediction["decision"] == (prediction["outputs"]["late"] >= 0.5)
    served = world.api.request("GET", "/v1/flights/model").json()
    assert served["champion"] == {"version": champion["version"], "share_percent": 100}


def test_without_a_good_token_there_is_no_answer(world: World, champion: Row) -> None:
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
        assert forger.request("POST", "/v1/flights/predict", json=body).status_code == 401
        assert forger.request("GET", "/v1/flights/model").status_code == 401
        forger.close()


def test_a_token_opens_only_what_its_scope_says(world: World, champion: Row) -> None:
    predict = {"instances": sample.requests(world.problem, moment(4, 1), moment(4, 2), 1)}
    routes = {
        "predict": ("POST", "/v1/flights/predict", predict, 200),
        "model": ("GET", "/v1/flights/model", None, 200),
        "events": ("POST", "/v1/flights/events", {"events": [{"nothing": 1}]}, 400),
    }
    refusals: dict[str, dict[str, int]] = {
        "predict:flights": {"events": 401},
        "write:flights": {"predict": 401, "model": 401},
        "admin": {},
    }
    for scope, refused in refusals.items():
        api = world.connection.api(scope)
        for route, (method, path, body, good) in routes.items():
            answer = api.request(method, path, json=body)
            assert answer.status_code == refused.get(route, good), f"{scope} {route}: {answer.text}"
        api.close()


def test_the_model_is_served_the_features_that_it_was_trained_on(
    world: World, champion: Row
) -> None:
    held = world.artifacts.get(f"{training_set('flights', champion['run_id'])}/holdout.parquet")
    holdout = pl.read_parquet(io.BytesIO(held))
    keys = world.problem.entity_columns
    expected = {tuple(str(row[key]) for key in keys): row for row in holdout.to_dicts()}
    rows = sample.requests(world.problem, moment(3, 20), moment(3, 30), 20)
    answers = ask(world, rows)
    records = logged(world, {answer["prediction_id"] for answer in answers})
    trained = [expected[tuple(str(row[key]) for key in keys)] for row in rows]
    served = [
        {name: records[answer["prediction_id"]][name] for name in world.problem.feature_names}
        for answer in answers
    ]
    parity = compare(trained, served, keys)
    assert (parity.checked, parity.mismatches) == (len(rows), 0), parity.examples


def test_outcomes_that_arrive_later_score_the_predictions(world: World, champion: Row) -> None:
    world.settled(world.drop("weather", "2013-04.csv", sample.weather_csv(4)))
    world.rest()
    answers = ask(world, sample.requests(world.problem, moment(4, 1), moment(4, 15)))
    logged(world, {answer["prediction_id"] for answer in answers})
    labels = world.settled(world.drop("flights", "2013-04.csv", sample.flights_csv(4)))
    world.eventually(
        "verdict on April's predictions",
        lambda: world.state.get(
            "flights", state_keys.PERFORMANCE_VERDICTS / moment(4, 11).isoformat()
        ),
        logs_of=("check_performance",),
    )
    verdicts = [
        document.data
        for document in world.state.list("flights", state_keys.PERFORMANCE_VERDICTS / "2013-04")
    ]
    assert labels.status == "validated"
    judged = [verdict for verdict in verdicts if verdict["undetermined"] is None]
    assert judged, verdicts
    assert all(
        verdict["labels"] >= world.problem.watch.performance.min_labels for verdict in judged
    )
    assert all(verdict["lower"] <= verdict["value"] <= verdict["upper"] for verdict in judged)
    unjudged = [
        verdict["undetermined"] for verdict in verdicts if verdict["undetermined"] is not None
    ]
    assert all("fewer than the 500 that are needed" in reason for reason in unjudged)


def test_drift_in_july_alarms_reports_and_retrains_while_the_api_answers(
    world: World, champion: Row
) -> None:
    for month in (5, 6):
        world.drop("flights", f"2013-{month:02d}.csv", sample.flights_csv(month))
    warm = [
        world.drop("weather", f"2013-{month:02d}.csv", sample.weather_csv(month))
        for month in (5, 6, 7)
    ]
    for dropped in warm:
        world.settled(dropped)
    world.rest()
    before = {run.key for run in world.state.list("flights", state_keys.RUNS)}
    serving = world.state.get("flights", state_keys.ROUTING)
    assert serving is not None
    with Traffic(
        world, sample.requests(world.problem, moment(7, 1), moment(7, 14), 900)
    ) as traffic:
        asked = [
            *_week(world, moment(7, 1), moment(7, 8)),
            *_week(world, moment(7, 8), moment(7, 15)),
        ]
        logged(world, {answer["prediction_id"] for answer in asked})
        first = world.invoke("check_drift", {"problem": "flights", "as_of": "2013-07-08T00:00:00Z"})
        assert first["undetermined"] is None
        assert first["drifted"] and not first["sustained"], "one window of three is not enough"
        second = world.invoke(
            "check_drift", {"problem": "flights", "as_of": "2013-07-15T00:00:00Z"}
        )
        assert second["drifted"] and second["sustained"]
        assert "weather__temp" in second["drifted_features"]

        event = world.eventually(
            "DriftDetected", lambda: world.events("DriftDetected", as_of=second["window_end"])
        )[0]
        assert event["run_id"] == serving.data["champion"]["run_id"]
        alarm = world.eventually(
            "alert of the drift alarm", lambda: world.alerts("flights-DriftSustained")
        )[0]
        assert json.loads(alarm["Message"])["NewStateValue"] == "ALARM"
        report = f"{drift_report('flights', event['window_id'])}/"
        page = world.eventually(
            "drift report",
            lambda: [o for o in world.artifacts.list(report) if o.key.endswith(".html")],
        )
        assert b"<html" in world.artifacts.get(page[0].key)[:2000].lower()

        run = world.eventually(
            "run because of drift", lambda: _new_run(world, before), logs_of=("decide_retraining",)
        )
        assert run["reason"]["trigger"] == "drift"
        assert "weather__temp" in run["reason"]["detail"]
        ended = world.eventually(
            "end of the run and its rollout",
            lambda: (
                (found := _new_run(world, before))
                and found["status"] not in ("running", "registered")
                and found
            ),
            logs_of=("start_run", "register_model", "judge_canary", "finish_rollout"),
            within=420,
        )
        world.rest()
    assert ended["status"] == "promoted", ended
    assert all(ended["reasons"]) and ended["reasons"], "an end says why"
    assert traffic.failures == []
    assert traffic.answered > 50
    _serves_alone(world, ended)


def _week(world: World, begin: datetime, end: datetime) -> list[Row]:
    return ask(world, sample.requests(world.problem, begin, end, 300))


def _new_run(world: World, before: set[str]) -> Row | None:
    found = [
        run.data for run in world.state.list("flights", state_keys.RUNS) if run.key not in before
    ]
    return found[0] if found else None


def _serves_alone(world: World, promoted: Row) -> None:
    """The promoted model serves and its predecessor's slot is gone."""
    routing = world.state.get("flights", state_keys.ROUTING)
    assert routing is not None and routing.data["challenger"] is None
    now = routing.data["champion"]
    assert now["version"] == promoted["version"]

    def endpoints() -> list[str]:
        return [
            each["EndpointName"] for each in world.client("sagemaker").list_endpoints()["Endpoints"]
        ]

    world.eventually(
        "end of the other slot", lambda: endpoints() == [now["endpoint"]], logs_of=("retire_slot",)
    )
