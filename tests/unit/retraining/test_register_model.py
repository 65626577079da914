"""A passed evaluation becomes a version, a refused one a record of why."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import asdict, dataclass, field, replace

import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.evaluation import Gate
from ghosteam.documents.keys import parse_uri
from ghosteam.errors import Defect, NotFound
from ghosteam.steps.choose_model import Chosen, choose_model
from ghosteam.steps.register_model import Registered, register_model
from tests import documents
from tests.builders import flights_problem

CANDIDATE = {
    "family": "lightgbm",
    "model_uri": "s3://artifacts/runs/flights/r1/models/l/output/model.tar.gz",
    "mlflow_run_id": "m1",
    "metrics": {"roc_auc": 0.67, "log_loss": None},
}
EVALUATION = {
    "problem": "flights",
    "run_id": "r1",
    "task": "binary",
    "metric": "roc_auc",
    "holdout_rows": 5000,
    "candidates": [
        {**CANDIDATE, "family": "xgboost", "model_uri": "s3://other", "mlflow_run_id": "m2"},
        CANDIDATE,
    ],
    "chosen": "lightgbm",
    "model_uri": CANDIDATE["model_uri"],
    "decision": "promote",
    "reasons": [],
    "importance": {"hour": 0.05},
    "gates": [asdict(Gate("absolute", True, 0.67, 0.6, "roc_auc 0.6700 is at least 0.6"))],
}


def packed(family: str = "lightgbm") -> tuple[bytes, str]:
    """A package as the function sees it, and its digest."""
    manifest = {
        "problem": "flights",
        "run_id": "r1",
        "family": family,
        "features": ["carrier", "hour"],
        "categories": {"carrier": ["UA"]},
        "outputs": ["late"],
        "library": {"lightgbm": "4.6.0"},
        "example": {"carrier": "UA", "hour": 9.0},
    }
    body = json.dumps(manifest).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in (("model.json", body), ("model.txt", b"trees")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue(), hashlib.sha256(body).hexdigest()


@dataclass
class MemoryRegistry:
    """A registry in memory with the semantics of ``ghosteam.aws.model_registry.ModelRegistry``."""

    models: set[str] = field(default_factory=set)
    versions: dict[str, dict] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, dict] = field(default_factory=dict)

    def ensure_model(self, name):
        self.models.add(name)

    def create_version(self, name, source, run_id, tags):
        assert name in self.models
        if run_id in self.lost_runs:
            raise NotFound(f"Registering failed: no run {run_id}")
        known = [
            v for v, found in self.versions.items() if found["tags"]["run_id"] == tags["run_id"]
        ]
        version = known[0] if known else str(len(self.versions) + 1)
        self.versions[version] = {"source": source, "run_id": run_id, "tags": dict(tags)}
        return version

    def set_alias(self, name, alias, version):
        self.aliases[alias] = version

    trouble: str | None = None
    lost_runs: set[str] = field(default_factory=set)

    client_version = "3.0"
    tags: dict[str, dict] = field(default_factory=dict)

    def log_evaluation(self, run_id, metrics, tags):
        if run_id in self.lost_runs:
            raise NotFound(f"Logging metrics failed: no run {run_id}")
        self.metrics[run_id], self.tags[run_id] = dict(metrics), dict(tags)

    def mismatch(self):
        return self.trouble


@pytest.fixture
def registry():
    return MemoryRegistry()


@pytest.fixture
def register(account, registry, now):
    def call(evaluation=EVALUATION, *, run=True, refit=False):
        for name, document in (("evaluation", evaluation), ("reference", {})):
            account.artifacts.put_json(f"runs/flights/r1/evaluation/{name}.json", document)
        if run:
            body, digest = packed()
            account.artifacts.put(parse_uri(CANDIDATE["model_uri"])[1], body)
            document = documents.run(digests={parse_uri(CANDIDATE["model_uri"])[1]: digest})
            account.state.update(
                "flights", state_keys.RUNS / "r1", lambda current: current or document
            )
        choose_model(flights_problem(), "r1", artifacts=account.artifacts, state=account.state)
        return register_model(
            "flights",
            "r1",
            artifacts=account.artifacts,
            state=account.state,
            registry=registry,
            bus=account.bus,
            refit=refit,
            now=now,
        )

    return call


def test_a_model_that_passed_becomes_a_version_with_its_lineage(account, registry, register):
    assert register() == Registered("1", ())
    version = registry.versions["1"]
    assert version["source"] == "s3://artifacts/runs/flights/r1/mlflow_model"
    assert version["run_id"] == "m1"
    assert version["tags"]["package"] == version["tags"]["judged"] == CANDIDATE["model_uri"]
    assert version["tags"]["digest"] == packed()[1]
    described = account.artifacts.get("runs/flights/r1/mlflow_model/MLmodel").decode()
    assert "loader_module: ghosteam.learning.pyfunc" in described
    assert account.artifacts.get("runs/flights/r1/mlflow_model/package/model.txt") == b"trees"
    assert version["tags"]["training_set"] == "s3://artifacts/runs/flights/r1/training_set"
    assert registry.aliases == {"candidate": "1"}
    assert registry.metrics == {"m1": {"holdout_roc_auc": 0.67, "importance_hour": 0.05}}
    assert registry.tags["m1"]["gate.absolute"] == "roc_auc 0.6700 is at least 0.6"
    assert registry.tags["m1"]["decision"] == "promote"
    assert account.state.get("flights", state_keys.RUNS / "r1").data.status == "registered"
    [event] = account.bus.events
    assert event.type == "ModelRegistered"
    assert event.detail() == {"version": "1", "problem": "flights", "run_id": "r1"}


def test_a_model_that_a_gate_refused_becomes_no_version_and_says_why(
    account, registry, register, capsys
):
    refused = {**EVALUATION, "decision": "refuse", "reasons": ["roc_auc 0.58 is under 0.60"]}
    assert register(refused) == Registered(None, ("roc_auc 0.58 is under 0.60",))
    assert registry.versions == {} and account.bus.events == []
    run = account.state.get("flights", state_keys.RUNS / "r1").data
    assert (run.status, run.reasons) == ("refused", ("roc_auc 0.58 is under 0.60",))
    metric = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert metric["GatesRefused"] == [1.0] and metric["Problem"] == "flights"
    assert registry.metrics["m1"]["holdout_roc_auc"] == 0.67
    assert registry.tags["m1"]["decision"] == "refuse"


def test_a_model_whose_mlflow_run_is_gone_is_registered_and_the_loss_is_noted(
    account, registry, register
):
    registry.lost_runs.add("m1")
    assert register().version == "1"
    assert registry.versions["1"]["run_id"] is None
    notes = account.state.get("flights", state_keys.RUNS / "r1").data.notes
    assert any("no run m1" in note for note in notes) and any(
        "does not exist" in note for note in notes
    )


def test_a_model_that_mlflow_never_saw_is_registered(account, registry, register):
    untracked = {
        **CANDIDATE,
        "mlflow_run_id": None,
        "tracking_error": "Beginning the MLflow run failed",
    }
    assert register({**EVALUATION, "candidates": [untracked]}).version == "1"
    assert registry.metrics == {}
    notes = account.state.get("flights", state_keys.RUNS / "r1").data.notes
    assert notes == ("MLflow, lightgbm: Beginning the MLflow run failed",)


def test_a_client_that_does_not_suit_the_server_is_noted_and_stops_nothing(
    account, registry, register
):
    registry.trouble = "MLflow's client 3.17.2 does not suit the server's version 2.22.0"
    assert register().version == "1"
    assert registry.trouble in account.state.get("flights", state_keys.RUNS / "r1").data.notes


def test_registering_twice_makes_one_version(registry, register):
    assert register() == register()
    assert list(registry.versions) == ["1"]


def test_a_repeat_after_the_rollout_does_not_undo_its_record(account, register):
    register()
    account.state.update(
        "flights", state_keys.RUNS / "r1", lambda run: replace(run, status="promoted")
    )
    register()
    assert account.state.get("flights", state_keys.RUNS / "r1").data.status == "promoted"


def test_a_run_without_an_evaluation_or_a_document_is_an_error(account, registry, register, now):
    with pytest.raises(Defect, match="no document"):
        register_model(
            "flights",
            "r9",
            artifacts=account.artifacts,
            state=account.state,
            registry=registry,
            bus=account.bus,
            now=now,
        )
    with pytest.raises(Defect, match="no document"):
        register(run=False)


def test_the_model_that_was_fitted_again_is_the_version_and_the_judged_one_its_lineage(
    account, registry, register
):
    body, digest = packed("linear")
    key = "runs/flights/r1/refitted/job/output/model.tar.gz"
    account.artifacts.put(key, body)
    assert register(refit=True).version == "1"
    version = registry.versions["1"]
    assert version["tags"]["package"] == f"s3://artifacts/{key}"
    laid = account.artifacts.get_json("runs/flights/r1/mlflow_model/package/model.json")
    assert laid["family"] == "linear"
    assert version["tags"]["digest"] == digest
    assert version["tags"]["judged"] == CANDIDATE["model_uri"]
    run = account.state.get("flights", state_keys.RUNS / "r1").data
    assert run.digests[key] == digest and run.notes == ()


def test_a_refit_that_was_lost_is_noted_and_the_judged_model_serves(account, registry, register):
    assert register(refit=True).version == "1"
    assert registry.versions["1"]["tags"]["package"] == CANDIDATE["model_uri"]
    [note] = account.state.get("flights", state_keys.RUNS / "r1").data.notes
    assert "serves as it was judged" in note


@pytest.mark.parametrize(
    ("decision", "setting", "refit"),
    [("promote", True, True), ("promote", False, False), ("refuse", True, False)],
)
def test_what_passed_is_fitted_again_by_setting(account, now, decision, setting, refit):
    problem = flights_problem()
    search = problem.model.model_copy(update={"refit": setting})
    account.state.create("flights", state_keys.RUNS / "r1", documents.run())
    for name, body in (("evaluation", {**EVALUATION, "decision": decision}), ("reference", {})):
        account.artifacts.put_json(f"runs/flights/r1/evaluation/{name}.json", body)
    chosen = choose_model(
        problem.model_copy(update={"model": search}),
        "r1",
        artifacts=account.artifacts,
        state=account.state,
    )
    key = parse_uri(CANDIDATE["model_uri"])[1]
    assert chosen == Chosen(refit, CANDIDATE["model_uri"]) and chosen.key == key
    on_record = account.state.get("flights", state_keys.RUNS / "r1").data.digests
    assert set(on_record) == {
        "runs/flights/r1/evaluation/evaluation.json",
        "runs/flights/r1/evaluation/reference.json",
    }
