"""Rollouts step by step against a state table: promoted, rolled back, repeated, interrupted."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ghosteam.aws.alerts import Alerts
from ghosteam.aws.endpoints import EndpointAdmin
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents.keys import evaluation
from ghosteam.errors import Conflict, Defect, InvalidInput, NotFound, Transient
from ghosteam.problem.spec import Problem
from ghosteam.rollout.plan import Hosting
from ghosteam.steps.finish_rollout import finish_rollout
from ghosteam.steps.judge_canary import judge_canary
from ghosteam.steps.prepare_rollout import prepare_rollout
from ghosteam.steps.registry_notes import pending_notes, tell_registry
from ghosteam.steps.request_approval import request_approval
from ghosteam.steps.retire_slot import retire_slot
from ghosteam.steps.roll_back import roll_back
from ghosteam.steps.shift_traffic import shift_traffic

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOSTING = Hosting(
    environment_name="local",
    image="image:1",
    role_arn="arn:aws:iam::1:role/serve",
    name_prefix="gt-local",
)


@dataclass
class InMemoryRegistry:
    """Aliases and tags of one model. ``fail_on`` names a method that fails once."""

    aliases: dict[str, str] = field(default_factory=dict)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    fail_on: str = ""

    def _maybe_fail(self, method: str) -> None:
        if self.fail_on == method:
            self.fail_on = ""
            raise Transient("The registry is away")

    def alias_version(self, name: str, alias: str) -> str | None:
        return self.aliases.get(alias)

    def set_alias(self, name: str, alias: str, version: str) -> None:
        if alias == "champion":
            self._maybe_fail("set_champion")
        self.aliases[alias] = version

    def delete_alias(self, name: str, alias: str) -> None:
        self.aliases.pop(alias, None)

    def set_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        self._maybe_fail("set_version_tag")
        self.tags[version, key] = value


@dataclass
class Rollouts:
    problem: Problem
    state: StateTable
    artifacts: Objects
    bus: Any
    registry: InMemoryRegistry
    finished_run: Any

    def prepare(
        self, version: str, *, execution: str | None = None, now: datetime = NOW, **more: Any
    ) -> dict[str, Any]:
        self.finished_run(f"run-{version}", champion=version != "1")
        request = {
            "run_id": f"run-{version}",
            "version": version,
            "execution": execution or f"exec-{version}",
            **more,
        }
        return prepare_rollout(
            self.problem,
            request,
            state=self.state,
            artifacts=self.artifacts,
            bus=self.bus,
            hosting=HOSTING,
            now=now,
        )

    def shift(self, plan: dict[str, Any], *, now: datetime = NOW) -> dict[str, Any]:
        names = ("problem", "version", "run_id", "endpoint_name", "model_uri", "percent")
        return shift_traffic(
            {name: plan[name] for name in names},
            state=self.state,
            artifacts=self.artifacts,
            now=now,
        )

    def finish(self, version: str, verdict: str, **more: str) -> Any:
        request = {
            "problem": "flights",
            "version": version,
            "run_id": f"run-{version}",
            "verdict": verdict,
            "reason": "why",
            **more,
        }
        return finish_rollout(
            request, state=self.state, bus=self.bus, registry=self.registry, now=NOW
        )["retire"]  # type: ignore[arg-type]

    def go_back(self, to: str | None = None) -> dict[str, Any]:
        why = {"reason": "it is wrong at night", "requested_by": "ada"}
        return roll_back("flights", to=to, **why, state=self.state, bus=self.bus, now=NOW)

    def write_run_document(self, version: str) -> None:
        run = {
            "run_id": f"run-{version}",
            "status": "registered",
            "reasons": [],
            "notes": [],
            "version": version,
        }
        self.state.update(
            "flights", f"run#run-{version}", lambda current: {**run, **(current or {})}
        )

    def document(self, key: str) -> dict[str, Any] | None:
        found = self.state.get("flights", key)
        return found.data if found else None

    def first_champion(self) -> dict[str, Any]:
        plan = self.prepare("1")
        self.shift(plan)
        assert self.finish("1", "promote") is None
        self.bus.events.clear()
        return plan


@pytest.fixture
def rollouts(
    local_flights: Problem, state: StateTable, artifacts: Objects, bus: Any, finished_run: Any
) -> Rollouts:
    return Rollouts(
        local_flights, state, artifacts, bus, InMemoryRegistry({"candidate": "1"}), finished_run
    )


def test_the_first_model_becomes_champion_without_a_canary(rollouts: Rollouts) -> None:
    plan = rollouts.prepare("1")
    assert plan["first"] is True
    assert rollouts.shift(plan)["slot"] == "champion"
    assert rollouts.finish("1", "promote") is None
    routing = rollouts.document("routing")
    assert routing is not None
    assert routing["champion"] == {
        "version": "1",
        "endpoint": plan["endpoint_name"],
        "run_id": "run-1",
        "model_uri": plan["model_uri"],
        "judged_uri": plan["model_uri"],
        "reference_key": "runs/flights/run-1/evaluation/reference.json",
        "train_end": "2013-03-18T00:00:00+00:00",
        "metrics": {"roc_auc": 0.69, "brier": 0.17},
        "digests": {
            "model": "digest of runs/flights/run-1/models/lightgbm/output/model.tar.gz",
            "judged": "digest of runs/flights/run-1/models/lightgbm/output/model.tar.gz",
            "reference": "digest of runs/flights/run-1/evaluation/reference.json",
            "train": "digest of runs/flights/run-1/training_set/train.parquet",
        },
    }
    assert plan["environment"]["GHOSTEAM_MODEL_DIGEST"] == routing["champion"]["digests"]["model"]
    assert rollouts.registry.aliases == {"champion": "1"}
    assert [event.type for event in rollouts.bus.events] == ["RolloutStarted", "ModelPromoted"]
    assert rollouts.document("lease#rollout") is None
    run = rollouts.document("run#run-1")
    assert run is not None
    assert (run["status"], run["version"], run["reasons"]) == ("promoted", "1", ["why"])


def test_a_promoted_challenger_replaces_the_champion_whose_endpoint_is_to_retire(
    rollouts: Rollouts,
) -> None:
    first = rollouts.first_champion()
    rollouts.registry.aliases["candidate"] = "2"
    second = rollouts.prepare("2")
    assert (second["first"], second["percent"]) == (False, 20)
    assert rollouts.shift(second) == {"slot": "challenger", "since": NOW.isoformat()}
    assert rollouts.finish("2", "promote") == {"endpoint_name": first["endpoint_name"]}
    routing = rollouts.document("routing")
    assert routing is not None
    assert routing["champion"]["endpoint"] == second["endpoint_name"]
    assert routing["challenger"] is None
    assert rollouts.registry.aliases == {"champion": "2", "previous": "1"}
    assert rollouts.bus.events[-1].detail()["model_version"] == "2"


def test_a_rolled_back_challenger_leaves_the_champion_alone(rollouts: Rollouts) -> None:
    first = rollouts.first_champion()
    second = rollouts.prepare("2")
    rollouts.shift(second)
    assert rollouts.finish("2", "roll_back") == {"endpoint_name": second["endpoint_name"]}
    routing = rollouts.document("routing")
    assert routing is not None
    assert routing["champion"]["endpoint"] == first["endpoint_name"]
    assert routing["challenger"] is None
    assert rollouts.registry.aliases["champion"] == "1"
    assert rollouts.bus.events[-1].type == "RolloutRolledBack"
    run = rollouts.document("run#run-2")
    assert run is not None
    assert run["status"] == "rolled_back"


def test_an_endpoint_that_never_got_traffic_is_retired_too(rollouts: Rollouts) -> None:
    plan = rollouts.prepare("1")
    assert rollouts.finish("1", "roll_back") == {"endpoint_name": plan["endpoint_name"]}
    assert rollouts.document("lease#rollout") is None


@pytest.mark.parametrize("verdict", ["promote", "roll_back"])
def test_finishing_again_gives_the_same_answer(rollouts: Rollouts, verdict: str) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    retire = rollouts.finish("2", verdict)
    routing, events = rollouts.document("routing"), len(rollouts.bus.events)
    assert rollouts.finish("2", verdict) == retire
    assert rollouts.document("routing") == routing
    assert len(rollouts.bus.events) == events


@pytest.mark.parametrize("broken", ["set_champion", "set_version_tag"])
def test_the_registrys_outage_delays_a_note_and_no_promotion(
    rollouts: Rollouts, broken: str
) -> None:
    first = rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    rollouts.registry.fail_on = broken
    assert rollouts.finish("2", "promote") == {"endpoint_name": first["endpoint_name"]}
    routing = rollouts.document("routing")
    assert routing is not None and routing["champion"]["version"] == "2"
    assert rollouts.document("lease#rollout") is None
    assert [note.data["version"] for note in pending_notes(rollouts.state, "flights")] == ["2"]
    assert tell_registry(rollouts.state, "flights", rollouts.registry) == ["2"]  # type: ignore[arg-type]
    assert rollouts.registry.aliases == {"champion": "2", "previous": "1"}
    assert pending_notes(rollouts.state, "flights") == []


def test_steps_repeated_by_the_same_execution_change_nothing(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    plan = rollouts.prepare("2")
    assert rollouts.prepare("2", now=NOW + timedelta(minutes=1)) == plan
    since = rollouts.shift(plan)["since"]
    routing = rollouts.document("routing")
    assert rollouts.shift(plan, now=NOW + timedelta(minutes=1))["since"] == since
    assert rollouts.document("routing") == routing


def test_a_second_rollout_is_refused_and_cannot_disturb_the_first(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    plan = rollouts.prepare("2")
    rollouts.shift(plan)
    routing = rollouts.document("routing")
    assert "is being rolled out" in rollouts.prepare("2", execution="exec-again")["skip"]
    assert "version 3 waits for its turn" in rollouts.prepare("3")["skip"]
    assert rollouts.finish("3", "roll_back") is None
    assert rollouts.finish("2", "roll_back", endpoint_name="another") is None
    with pytest.raises(Conflict, match="lease"):
        rollouts.shift({**plan, "version": "3"})
    assert rollouts.document("routing") == routing


def test_a_champion_is_not_rolled_out_again(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    assert rollouts.prepare("1", execution="exec-again") == {"skip": "Version 1 serves already"}
    assert rollouts.document("lease#rollout") is None


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
    assert rollouts.document("lease#rollout") is None and rollouts.bus.events == []


def test_a_model_without_a_digest_on_record_is_not_rolled_out(rollouts: Rollouts) -> None:
    rollouts.finished_run("odd")
    key = "runs/flights/odd/models/lightgbm/output/model.tar.gz"

    def without(run: dict[str, Any] | None) -> dict[str, Any]:
        assert run is not None
        return {**run, "digests": {k: v for k, v in run["digests"].items() if k != key}}

    rollouts.state.update("flights", "run#odd", without)
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
    assert rollouts.document("lease#rollout") is None


def log_line(
    endpoint: str, slot: str, version: str, index: int, made_at: datetime
) -> dict[str, Any]:
    entity = {
        "year": 2013,
        "month": 7,
        "day": 1,
        "carrier": "UA",
        "flight": index,
        "origin": "EWR",
        "sched_dep_time": 515,
    }
    return {
        "record_type": "prediction",
        "version": 1,
        "problem": "flights",
        "prediction_id": f"{slot}-{index}-{made_at}",
        "entity": entity,
        "event_time": "2013-07-01T09:15:00+00:00",
        "made_at": made_at.isoformat(),
        "model_version": version,
        "slot": slot,
        "endpoint": endpoint,
        "outputs": {"late": (index % 97) / 100},
        "features": {"carrier": "UA"},
        "freshness_seconds": {},
        "call_id": f"{slot}-{index}-{made_at}",
        "latency_ms": 5.0 + index % 3,
    }


def write_log(lake: Objects, name: str, records: list[dict[str, Any]]) -> None:
    lines = "".join(json.dumps(record) + "\n" for record in records)
    lake.put(f"predictions/{NOW:%Y/%m/%d/%H}/{name}.gz", gzip.compress(lines.encode()))


def test_the_canary_is_judged_by_what_both_slots_logged_since_the_shift(
    rollouts: Rollouts, lake: Objects
) -> None:
    first = rollouts.first_champion()["endpoint_name"]
    plan = rollouts.prepare("2")
    rollouts.shift(plan)
    second = plan["endpoint_name"]

    def verdict(seconds: int) -> dict[str, Any]:
        request = {"problem": "flights", "version": "2", "since": NOW.isoformat()}
        return judge_canary(
            rollouts.problem,
            request,
            state=rollouts.state,
            lake=lake,
            now=NOW + timedelta(seconds=seconds),
        )

    old = [log_line(second, "challenger", "2", i, NOW - timedelta(seconds=30)) for i in range(100)]
    write_log(lake, "old", old)
    assert verdict(20)["verdict"] == "wait"
    assert (
        verdict(60)["verdict"] == "promote"
    )  # four watches without traffic, and the problem says so
    made_at = NOW + timedelta(seconds=5)
    write_log(lake, "new", [log_line(first, "champion", "1", i, made_at) for i in range(200)])
    write_log(lake, "too", [log_line(second, "challenger", "2", i, made_at) for i in range(60)])
    assert verdict(10)["verdict"] == "wait"
    assert verdict(20)["verdict"] == "promote"
    error = {
        "record_type": "prediction_error",
        "problem": "flights",
        "slot": "challenger",
        "endpoint": second,
        "error": "500",
    }
    failed = [
        {**error, "call_id": f"f{i}", "rows": 3, "made_at": made_at.isoformat()} for i in range(5)
    ]
    write_log(lake, "bad", failed)
    write_log(lake, "again", failed)  # delivery is at least once
    found = verdict(20)
    assert found["verdict"] == "roll_back"
    assert found["reason"].startswith(
        "5 of 65 calls to the challenger failed (20.0% of calls or rows)"
    )


def test_a_challenger_that_is_gone_or_champion_already_is_not_judged_again(
    rollouts: Rollouts, lake: Objects
) -> None:
    rollouts.first_champion()
    for version, expected in (("1", "promote"), ("2", "roll_back")):
        answer = judge_canary(
            rollouts.problem, {"version": version}, state=rollouts.state, lake=lake, now=NOW
        )
        assert answer["verdict"] == expected


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
    asked = rollouts.document("approval")
    assert asked is not None
    assert (asked["version"], asked["token"]) == ("2", "TOKEN==")
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    told = json.loads(message["Body"])
    assert told["Subject"] == "Ghosteam: approve version 2 of flights?"
    assert "roc_auc: 0.69" in told["Message"]
    assert "+0.0310" in told["Message"]
    assert "./ghosteam approve flights --environment prod --reject" in told["Message"]
    assert "TOKEN" not in message["Body"]


@dataclass
class InMemorySageMaker:
    """Endpoints by name with their status, and what was deleted."""

    endpoints: dict[str, str]
    deleted: list[str] = field(default_factory=list)

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        self._find(EndpointName in self.endpoints, "endpoint")
        return {
            "EndpointStatus": self.endpoints[EndpointName],
            "ProductionVariants": [{"VariantName": "main"}],
        }

    def delete_endpoint(self, *, EndpointName: str) -> None:
        self.endpoints[EndpointName] = "Deleting"
        self.deleted.append(f"endpoint {EndpointName}")

    def delete_endpoint_config(self, *, EndpointConfigName: str) -> None:
        self._once(f"config {EndpointConfigName}")

    def delete_model(self, *, ModelName: str) -> None:
        self._once(f"model {ModelName}")

    def _once(self, what: str) -> None:
        self._find(what not in self.deleted, what)
        self.deleted.append(what)

    def _find(self, found: bool, what: str) -> None:
        if not found:
            message = f'Could not find {what} "arn".'
            raise ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Any")


@dataclass
class InMemoryScaling:
    """Scalable targets by resource id."""

    targets: list[str]

    def describe_scalable_targets(self, *, ResourceIds: list[str], **_: str) -> dict[str, Any]:
        return {
            "ScalableTargets": [
                {"ResourceId": target} for target in self.targets if target in ResourceIds
            ]
        }

    def deregister_scalable_target(self, *, ResourceId: str, **_: str) -> None:
        self.targets.remove(ResourceId)


def test_a_slot_is_taken_down_whole_and_a_repeat_is_harmless(rollouts: Rollouts) -> None:
    old = rollouts.first_champion()["endpoint_name"]
    rollouts.shift(rollouts.prepare("2"))
    rollouts.finish("2", "promote")
    sagemaker, scaling = (
        InMemorySageMaker({old: "InService"}),
        InMemoryScaling([f"endpoint/{old}/variant/main", "other"]),
    )
    admin = EndpointAdmin(sagemaker, scaling, environment="local")
    for _ in range(2):
        retire_slot(old, problems=["flights"], state=rollouts.state, admin=admin)
    assert sagemaker.deleted == [f"endpoint {old}", f"config {old}", f"model {old}"]
    assert scaling.targets == ["other"]
    assert "replaced" not in (rollouts.document("routing") or {})


def test_a_slot_with_traffic_is_not_taken_down(rollouts: Rollouts) -> None:
    serving = rollouts.first_champion()["endpoint_name"]
    sagemaker = InMemorySageMaker({serving: "InService"})
    admin = EndpointAdmin(sagemaker, InMemoryScaling([]), environment="local")
    assert retire_slot(serving, problems=["flights"], state=rollouts.state, admin=admin) == {
        "retired": None
    }
    assert sagemaker.deleted == []


def test_of_a_champion_that_was_brought_back_the_other_slot_is_taken_down(
    rollouts: Rollouts,
) -> None:
    old = rollouts.first_champion()["endpoint_name"]
    second = rollouts.prepare("2")
    rollouts.shift(second)
    rollouts.finish("2", "promote")
    bad = second["endpoint_name"]
    assert rollouts.go_back()["how"] == "slot"
    sagemaker = InMemorySageMaker({old: "InService", bad: "InService"})
    admin = EndpointAdmin(sagemaker, InMemoryScaling([]), environment="local")
    # What the rollout of version 2 does at the end of its hold.
    assert retire_slot(old, problems=["flights"], state=rollouts.state, admin=admin) == {
        "retired": bad
    }
    assert sagemaker.deleted == [f"endpoint {bad}", f"config {bad}", f"model {bad}"]
    assert "replaced" not in (rollouts.document("routing") or {})


def test_a_model_that_meets_a_running_rollout_is_rolled_out_after_it_was_rolled_back(
    rollouts: Rollouts,
) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    rollouts.write_run_document("3")
    assert "waits for its turn" in rollouts.prepare("3")["skip"]
    assert "waits for its turn" in rollouts.prepare("3", execution="again")["skip"]
    rollouts.bus.events.clear()
    rollouts.finish("2", "roll_back")
    told = [event for event in rollouts.bus.events if event.type == "ModelRegistered"]
    assert [event.ids for event in told] == [{"run_id": "run-3", "version": "3"}]
    assert rollouts.prepare("3", execution="exec-next")["version"] == "3"
    assert rollouts.document("next_rollout") is None


def test_a_model_that_waited_for_another_champion_is_superseded_on_record(
    rollouts: Rollouts,
) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    rollouts.write_run_document("3")
    rollouts.prepare("3")
    rollouts.finish("2", "promote")
    answer = rollouts.prepare("3", execution="exec-next")
    assert "judged it against version 1, and version 2 serves now" in answer["skip"]
    run = rollouts.document("run#run-3")
    assert run is not None and run["status"] == "superseded"
    assert "version 2 serves now" in run["reasons"][-1]
    assert rollouts.document("next_rollout") is None and rollouts.document("lease#rollout") is None


def test_of_two_that_wait_the_older_one_is_superseded(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    for version in ("3", "4"):
        rollouts.write_run_document(version)
        rollouts.prepare(version)
    waiting, old = rollouts.document("next_rollout"), rollouts.document("run#run-3")
    assert waiting is not None and waiting["version"] == "4"
    assert old is not None and old["status"] == "superseded"
    rollouts.prepare("3", execution="late")
    assert (rollouts.document("next_rollout") or {})["version"] == "4"


def test_an_old_version_passes_its_gates_again_or_is_forced_on_record(rollouts: Rollouts) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    rollouts.finish("2", "promote")
    rollouts.write_run_document("1")
    assert (
        "without a champion, and version 2 serves now"
        in rollouts.prepare("1", execution="by hand")["skip"]
    )
    forced = {"force": True, "requested_by": "ada", "reason": "version 2 is wrong at night"}
    plan = rollouts.prepare("1", execution="by force", **forced)
    assert (plan["version"], plan["canary"], plan["approval"]) == ("1", True, "none")
    run = rollouts.document("run#run-1")
    assert run is not None
    assert run["notes"] == ["rolled out by force, asked for by ada: version 2 is wrong at night"]


def test_the_former_champion_serves_again_while_its_slot_is_kept(rollouts: Rollouts) -> None:
    first = rollouts.first_champion()
    second = rollouts.prepare("2")
    rollouts.shift(second)
    rollouts.finish("2", "promote")
    rollouts.bus.events.clear()
    assert rollouts.go_back(to="1") == {"how": "slot", "version": "1", "from": "2"}
    routing = rollouts.document("routing")
    assert routing is not None
    assert routing["champion"]["endpoint"] == first["endpoint_name"]
    assert routing["replaced"]["endpoint"] == second["endpoint_name"]
    bad = rollouts.document("run#run-2")
    assert bad is not None and bad["status"] == "rolled_back"
    assert bad["reasons"][-1] == "rolled back by ada: it is wrong at night"
    assert [event.type for event in rollouts.bus.events] == ["ChampionRolledBack"]
    tell_registry(rollouts.state, "flights", rollouts.registry)  # type: ignore[arg-type]
    assert rollouts.registry.aliases["champion"] == "1"


def test_going_back_during_a_canary_ends_it_and_the_rollout_rolls_back(
    rollouts: Rollouts, lake: Objects
) -> None:
    rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    assert rollouts.go_back() == {"how": "canary ended", "version": "1", "from": "2"}
    verdict = judge_canary(
        rollouts.problem, {"version": "2"}, state=rollouts.state, lake=lake, now=NOW
    )
    assert verdict["verdict"] == "roll_back"
    assert rollouts.finish("2", "roll_back") is not None


def test_a_former_champion_without_a_slot_is_rolled_out_again_without_a_canary(
    rollouts: Rollouts,
) -> None:
    first = rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    rollouts.finish("2", "promote")
    admin = EndpointAdmin(
        InMemorySageMaker({first["endpoint_name"]: "InService"}),
        InMemoryScaling([]),
        environment="local",
    )
    retire_slot(first["endpoint_name"], problems=["flights"], state=rollouts.state, admin=admin)
    rollouts.bus.events.clear()
    assert rollouts.go_back() == {"how": "rollout", "version": "1", "from": "2"}
    [registered, _] = rollouts.bus.events
    assert registered.ids["force"] is True and registered.ids["canary"] is False
    plan = rollouts.prepare(
        "1",
        execution="back",
        **{k: v for k, v in registered.ids.items() if k not in ("run_id", "version")},
    )
    assert (plan["canary"], plan["first"]) == (False, False)
    rollouts.shift(plan)
    rollouts.finish("1", "promote")
    routing = rollouts.document("routing")
    assert routing is not None and routing["champion"]["version"] == "1"


def test_going_back_to_nowhere_says_so(rollouts: Rollouts) -> None:
    with pytest.raises(NotFound, match="No model serves"):
        rollouts.go_back()
    rollouts.first_champion()
    with pytest.raises(Conflict, match="serves already"):
        rollouts.go_back(to="1")
    with pytest.raises(NotFound, match="No other version has served"):
        rollouts.go_back()
    with pytest.raises(NotFound, match="Version 9 never served"):
        rollouts.go_back(to="9")


def test_an_endpoint_in_the_midst_of_a_change_is_tried_again_later(rollouts: Rollouts) -> None:
    admin = EndpointAdmin(
        InMemorySageMaker({"slot": "Creating"}), InMemoryScaling([]), environment="local"
    )
    with pytest.raises(Transient, match="Creating"):
        retire_slot("slot", problems=["flights"], state=rollouts.state, admin=admin)
