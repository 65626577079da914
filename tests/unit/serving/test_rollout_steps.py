"""Rollouts step by step against a state table: promoted, rolled back, repeated, interrupted."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from ghosteam.aws.alerts import Alerts
from ghosteam.documents import state_keys
from ghosteam.documents.keys import evaluation
from ghosteam.documents.run import Run
from ghosteam.errors import Conflict, Defect, InvalidInput, NotFound
from ghosteam.problem.definition import digest_of, written
from ghosteam.problem.spec import Problem
from ghosteam.steps.prepare_rollout import NothingToDo, prepare_rollout
from ghosteam.steps.registry_notes import pending_notes, tell_registry
from ghosteam.steps.request_approval import request_approval
from ghosteam.steps.shift_traffic import Shifted
from tests.unit.serving.rollouts import (
    HOSTING,
    NOW,
    Rollouts,
)


def test_the_first_model_becomes_champion_without_a_canary(
    rollouts: Rollouts, flights: Problem
) -> None:
    plan = rollouts.prepare("1")
    assert plan.first is True
    assert rollouts.shift(plan).slot == "champion"
    assert rollouts.finish("1", "promote") is None
    routing = rollouts.document(state_keys.ROUTING)
    assert routing is not None
    assert asdict(routing.champion) == {
        "version": "1",
        "endpoint": plan.endpoint_name,
        "run_id": "run-1",
        "model_uri": plan.model_uri,
        "judged_uri": plan.model_uri,
        "reference_key": "runs/flights/run-1/evaluation/reference.json",
        "train_end": datetime(2013, 3, 18, tzinfo=UTC),
        "metrics": {"roc_auc": 0.69, "brier": 0.17},
        "definition": digest_of(written(flights)),
        "knowing_nothing": 0.5,
        "digests": {
            "model": "digest of runs/flights/run-1/models/lightgbm/output/model.tar.gz",
            "judged": "digest of runs/flights/run-1/models/lightgbm/output/model.tar.gz",
            "reference": "digest of runs/flights/run-1/evaluation/reference.json",
            "train": "digest of runs/flights/run-1/training_set/train.parquet",
        },
    }
    assert plan.environment["GHOSTEAM_MODEL_DIGEST"] == routing.champion.digests["model"]
    assert rollouts.registry.aliases == {"champion": "1"}
    assert [event.type for event in rollouts.bus.events] == ["RolloutStarted", "ModelPromoted"]
    assert rollouts.document(state_keys.ROLLOUT_LEASE) is None
    run = rollouts.document(state_keys.RUNS / "run-1")
    assert run is not None
    assert (run.status, run.version, run.reasons) == ("promoted", "1", ("why",))


def test_a_promoted_challenger_replaces_the_champion_whose_endpoint_is_to_retire(
    rollouts: Rollouts,
) -> None:
    first = rollouts.first_champion()
    rollouts.registry.aliases["candidate"] = "2"
    second = rollouts.prepare("2")
    assert (second.first, second.percent) == (False, 20)
    assert rollouts.shift(second) == Shifted("challenger", NOW)
    assert rollouts.finish("2", "promote") == first.endpoint_name
    routing = rollouts.document(state_keys.ROUTING)
    assert routing is not None
    assert routing.champion.endpoint == second.endpoint_name
    assert routing.challenger is None
    assert rollouts.registry.aliases == {"champion": "2", "previous": "1"}
    assert rollouts.bus.events[-1].detail()["model_version"] == "2"


def test_a_rolled_back_challenger_leaves_the_champion_alone(rollouts: Rollouts) -> None:
    first = rollouts.first_champion()
    second = rollouts.prepare("2")
    rollouts.shift(second)
    assert rollouts.finish("2", "roll_back") == second.endpoint_name
    routing = rollouts.document(state_keys.ROUTING)
    assert routing is not None
    assert routing.champion.endpoint == first.endpoint_name
    assert routing.challenger is None
    assert rollouts.registry.aliases["champion"] == "1"
    assert rollouts.bus.events[-1].type == "RolloutRolledBack"
    run = rollouts.document(state_keys.RUNS / "run-2")
    assert run is not None
    assert run.status == "rolled_back"


def test_an_endpoint_that_never_got_traffic_is_retired_too(rollouts: Rollouts) -> None:
    plan = rollouts.prepare("1")
    assert rollouts.finish("1", "roll_back") == plan.endpoint_name
    assert rollouts.document(state_keys.ROLLOUT_LEASE) is None


@pytest.mark.parametrize("verdict", ["promote", "roll_back"])
def test_finishing_again_gives_the_same_answer(rollouts: Rollouts, verdict: str) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    retire = rollouts.finish("2", verdict)
    routing, events = rollouts.document(state_keys.ROUTING), len(rollouts.bus.events)
    assert rollouts.finish("2", verdict) == retire
    assert rollouts.document(state_keys.ROUTING) == routing
    assert len(rollouts.bus.events) == events


@pytest.mark.parametrize("broken", ["set_champion", "set_version_tag"])
def test_the_registrys_outage_delays_a_note_and_no_promotion(
    rollouts: Rollouts, broken: str
) -> None:
    first = rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    rollouts.registry.fail_on = broken
    assert rollouts.finish("2", "promote") == first.endpoint_name
    routing = rollouts.document(state_keys.ROUTING)
    assert routing is not None and routing.champion.version == "2"
    assert rollouts.document(state_keys.ROLLOUT_LEASE) is None
    assert [note.data.version for note in pending_notes(rollouts.state, "flights")] == ["2"]
    registry = rollouts.registry
    assert tell_registry(rollouts.state, "flights", registry) == ["2"]  # type: ignore[arg-type]
    assert rollouts.registry.aliases == {"champion": "2", "previous": "1"}
    assert pending_notes(rollouts.state, "flights") == []


def test_steps_repeated_by_the_same_execution_change_nothing(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    plan = rollouts.prepare("2")
    assert rollouts.prepare("2", now=NOW + timedelta(minutes=1)) == plan
    since = rollouts.shift(plan).since
    routing = rollouts.document(state_keys.ROUTING)
    assert rollouts.shift(plan, now=NOW + timedelta(minutes=1)).since == since
    assert rollouts.document(state_keys.ROUTING) == routing


def test_a_second_rollout_is_refused_and_cannot_disturb_the_first(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    plan = rollouts.prepare("2")
    rollouts.shift(plan)
    routing = rollouts.document(state_keys.ROUTING)
    assert "is being rolled out" in rollouts.prepare("2", execution="exec-again").reason
    assert "version 3 waits for its turn" in rollouts.prepare("3").reason
    assert rollouts.finish("3", "roll_back") is None
    assert rollouts.finish("2", "roll_back", endpoint_name="another") is None
    with pytest.raises(Conflict, match="lease"):
        rollouts.shift(replace(plan, version="3"))
    assert rollouts.document(state_keys.ROUTING) == routing


def test_a_champion_is_not_rolled_out_again(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    assert rollouts.prepare("1", execution="exec-again") == NothingToDo("Version 1 serves already")
    assert rollouts.document(state_keys.ROLLOUT_LEASE) is None


def test_a_version_without_traffic_cannot_be_promoted(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    rollouts.prepare("2")
    with pytest.raises(Conflict, match="gets no traffic"):
        rollouts.finish("2", "promote")


def test_a_first_champion_cannot_be_rolled_back_to_nothing(rollouts: Rollouts) -> None:
    rollouts.shift(rollouts.prepare("1"))
    with pytest.raises(Conflict, match="is champion"):
        rollouts.finish("1", "roll_back")


def test_waiting_is_no_end_of_a_rollout(rollouts: Rollouts) -> None:
    with pytest.raises(InvalidInput, match="does not end"):
        rollouts.finish("1", "wait")


def test_a_changed_evaluation_is_not_rolled_out(rollouts: Rollouts) -> None:
    rollouts.finished_run("bad", decision="refuse")
    key = evaluation("flights", "bad")
    forged = {**rollouts.artifacts.get_json(key), "decision": "promote"}
    rollouts.artifacts.put_json(key, forged)
    more = {
        "state": rollouts.state,
        "artifacts": rollouts.artifacts,
        "bus": rollouts.bus,
        "hosting": HOSTING,
        "now": NOW,
    }
    with pytest.raises(Defect, match="changed after it was put on record"):
        prepare_rollout(
            rollouts.problem, {"run_id": "bad", "version": "9", "execution": "e"}, **more
        )
    assert rollouts.document(state_keys.ROLLOUT_LEASE) is None and rollouts.bus.events == []


def test_a_model_without_a_digest_on_record_is_not_rolled_out(rollouts: Rollouts) -> None:
    rollouts.finished_run("odd")
    key = "runs/flights/odd/models/lightgbm/output/model.tar.gz"

    def without(run: Run | None) -> Run:
        assert run is not None
        return replace(run, digests={k: v for k, v in run.digests.items() if k != key})

    rollouts.state.update("flights", state_keys.RUNS / "odd", without)
    more = {
        "state": rollouts.state,
        "artifacts": rollouts.artifacts,
        "bus": rollouts.bus,
        "hosting": HOSTING,
        "now": NOW,
    }
    with pytest.raises(Defect, match="no digest on record"):
        prepare_rollout(
            rollouts.problem, {"run_id": "odd", "version": "9", "execution": "e"}, **more
        )


def test_a_refused_or_unfinished_run_is_not_rolled_out(rollouts: Rollouts) -> None:
    rollouts.finished_run("bad", decision="refuse")
    more = {
        "state": rollouts.state,
        "artifacts": rollouts.artifacts,
        "bus": rollouts.bus,
        "hosting": HOSTING,
        "now": NOW,
    }
    with pytest.raises(InvalidInput, match="gates refused"):
        prepare_rollout(
            rollouts.problem, {"run_id": "bad", "version": "9", "execution": "e"}, **more
        )
    with pytest.raises(NotFound):
        prepare_rollout(
            rollouts.problem, {"run_id": "none", "version": "9", "execution": "e"}, **more
        )
    assert rollouts.document(state_keys.ROLLOUT_LEASE) is None


def test_people_are_told_what_they_approve_and_how(rollouts: Rollouts, account: None) -> None:
    rollouts.finished_run("run-2", champion=True)
    topic = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
    queue = boto3.client("sqs").create_queue(QueueName="people")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:people"
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    request = {"problem": "flights", "version": "2", "run_id": "run-2", "token": "TOKEN=="}
    alerts = Alerts(boto3.client("sns"), topic)
    request_approval(
        request,
        state=rollouts.state,
        artifacts=rollouts.artifacts,
        alerts=alerts,
        environment="prod",
        now=NOW,
    )
    asked = rollouts.document(state_keys.APPROVAL)
    assert asked is not None
    assert (asked.version, asked.token) == ("2", "TOKEN==")
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    told = json.loads(message["Body"])
    assert told["Subject"] == "Ghosteam: Warning: flights: version 2 waits for approval"
    assert "roc_auc: 0.69" in told["Message"]
    assert "+0.0310" in told["Message"]
    assert "./ghosteam approve flights --environment prod --reject" in told["Message"]
    assert "TOKEN" not in message["Body"]
