"""After a death at any point the repairs lead back to a consistent deployment."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ghosteam.aws.endpoints import EndpointAdmin
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.problem.spec import Problem
from ghosteam.rollout.plan import Hosting, RolloutPlan
from ghosteam.serving.routing import serving_endpoints
from ghosteam.steps.finish_rollout import finish_rollout
from ghosteam.steps.prepare_rollout import prepare_rollout
from ghosteam.steps.reconcile import Reconciling, carry_out_repairs
from ghosteam.steps.shift_traffic import shift_traffic
from tests import documents
from tests.unit.serving.rollouts import InMemoryRegistry, InMemoryScaling

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


LATER = NOW + timedelta(hours=3)


HOSTING = Hosting(
    environment_name="local",
    image="i",
    role_arn="arn:aws:iam::1:role/serve",
    name_prefix="gt-local",
)


@dataclass
class SageMaker:
    """Endpoints, each with its configuration and model, made an age ago."""

    names: set[str] = field(default_factory=set)

    def get_paginator(self, operation: str) -> Any:
        key, kind = {
            "list_endpoints": ("Endpoints", "Endpoint"),
            "list_endpoint_configs": ("EndpointConfigs", "EndpointConfig"),
            "list_models": ("Models", "Model"),
            "list_tags": ("Tags", ""),
        }[operation]
        made = {"CreationTime": NOW, "EndpointStatus": "InService"}
        items = [{f"{kind}Name": one, f"{kind}Arn": one, **made} for one in sorted(self.names)]
        if key == "Tags":
            items = [{"Key": "ghosteam:environment", "Value": "local"}]

        class Pages:
            def paginate(self, **_: Any) -> list[dict[str, Any]]:
                return [{key: items}]

        return Pages()

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        if EndpointName not in self.names:
            raise ClientError(
                {"Error": {"Code": "ValidationException", "Message": "Could not find it"}},
                "Describe",
            )
        return {"EndpointStatus": "InService", "ProductionVariants": []}

    def delete_endpoint(self, *, EndpointName: str) -> None:
        self.names.discard(EndpointName)

    def delete_endpoint_config(self, **_: Any) -> None: ...

    def delete_model(self, **_: Any) -> None: ...


@dataclass
class World:
    """A problem with version 1 in service, and the steps of version 2's rollout, each of which may
    be the last.
    """

    problem: Problem
    state: StateTable
    artifacts: Objects
    bus: Any
    registry: InMemoryRegistry
    sagemaker: SageMaker

    def prepare(self, version: str) -> RolloutPlan:
        request = {"run_id": f"run-{version}", "version": version, "execution": f"exec-{version}"}
        plan = prepare_rollout(
            self.problem,
            request,
            state=self.state,
            artifacts=self.artifacts,
            bus=self.bus,
            hosting=HOSTING,
            now=NOW,
        )
        assert isinstance(plan, RolloutPlan)
        self.sagemaker.names.add(plan.endpoint_name)
        return plan

    def shift(self, plan: RolloutPlan) -> None:
        shift_traffic(asdict(plan), state=self.state, artifacts=self.artifacts, now=NOW)

    def finish(self, version: str, verdict: str) -> None:
        request = {
            "problem": "flights",
            "version": version,
            "run_id": f"run-{version}",
            "verdict": verdict,
            "reason": "r",
        }
        finish_rollout(
            request,
            state=self.state,
            bus=self.bus,
            registry=self.registry,  # type: ignore[arg-type]
            now=NOW,
        )

    def reconcile(self, *, now: datetime = LATER, deployed: bool = True) -> list[str]:
        adapters = Reconciling(
            state=self.state,
            bus=self.bus,
            admin=EndpointAdmin(self.sagemaker, InMemoryScaling([]), environment="local"),
            registry=self.registry,  # type: ignore[arg-type]
            is_running=lambda _: False,
            close_run=lambda _: None,
            name_prefix="gt-local",
        )
        return [
            one["repair"]
            for one in carry_out_repairs(
                {"flights": self.problem} if deployed else {}, adapters, now=now
            )
        ]

    def is_consistent(self) -> bool:
        routing = self.state.find("flights", state_keys.ROUTING)
        assert routing is not None and routing.champion is not None
        kept = {routing.replaced.endpoint} if routing.replaced else set()
        return (
            self.state.get("flights", state_keys.ROLLOUT_LEASE) is None
            and routing.challenger is None
            and routing.champion.endpoint in self.sagemaker.names
            and self.sagemaker.names == serving_endpoints(routing) | kept
            and self.registry.aliases["champion"] == routing.champion.version
        )


@pytest.fixture
def world(
    local_flights: Problem, state: StateTable, artifacts: Objects, bus: Any, finished_run: Any
) -> World:
    made = World(local_flights, state, artifacts, bus, InMemoryRegistry(), SageMaker())
    for version in ("1", "2"):
        finished_run(f"run-{version}", champion=version == "2")
    made.shift(made.prepare("1"))
    made.finish("1", "promote")
    assert made.is_consistent()
    return made


def _prepared(world: World) -> None:
    world.prepare("2")


def _shifted(world: World) -> None:
    world.shift(world.prepare("2"))


def _rolled_back(world: World) -> None:
    _shifted(world)
    world.finish("2", "roll_back")


def _promoted(world: World) -> None:
    _shifted(world)
    world.finish("2", "promote")


def _promoted_without_the_registry(world: World) -> None:
    _shifted(world)
    world.registry.fail_on = "set_champion"
    world.finish("2", "promote")


def test_who_serves_is_published_at_every_turn(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.shift(world.prepare("2"))
    capsys.readouterr()
    world.reconcile()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    metrics = {
        name: value
        for record in told
        for name, value in record.items()
        if name in ("ChallengerPercent", "ModelVersion")
    }
    assert metrics == {"ChallengerPercent": [0.0], "ModelVersion": [1.0]}, "after the repairs"


@pytest.mark.parametrize(
    ("dies_after", "champion"),
    [
        (_prepared, "1"),
        (_shifted, "1"),
        (_rolled_back, "1"),
        (_promoted, "2"),
        (_promoted_without_the_registry, "2"),
    ],
)
def test_a_rollout_that_dies_after_any_step_is_repaired_and_a_second_look_finds_nothing(
    world: World, dies_after: Callable[[World], None], champion: str
) -> None:
    dies_after(world)
    for turn in range(3):
        world.reconcile(now=LATER + turn * timedelta(days=1))
    assert world.is_consistent()
    routing = world.state.get("flights", state_keys.ROUTING)
    assert routing is not None and routing.data.champion.version == champion
    assert world.reconcile(now=LATER + timedelta(days=9)) == []


def test_a_registry_that_stays_away_leaves_only_the_note(world: World) -> None:
    _promoted_without_the_registry(world)
    assert world.registry.aliases["champion"] == "1"
    assert world.reconcile() == ["TellRegistry", "RetireEndpoint"]
    assert world.registry.aliases["champion"] == "2"


@pytest.mark.parametrize("stop", [lambda _: None, _prepared, _shifted, _promoted])
def test_what_a_removed_problem_had_running_is_retired_and_comes_back_with_it(
    world: World, stop: Callable[[World], None]
) -> None:
    stop(world)
    running = len(world.sagemaker.names)
    assert world.reconcile(deployed=False) == ["RetireEndpoint"] * running
    assert world.sagemaker.names == set()
    assert world.reconcile(deployed=False) == []
    while world.state.get("flights", state_keys.ROLLOUT_LEASE):
        assert world.reconcile() != []
    world.bus.events.clear()
    routing = world.state.get("flights", state_keys.ROUTING)
    assert routing is not None
    assert world.reconcile() == ["RestoreChampion"]
    [event] = [event for event in world.bus.events if event.type == "ModelRegistered"]
    assert event.ids["version"] == routing.data.champion.version


def test_a_rebuild_that_stands_still_is_announced_again(world: World) -> None:
    left = documents.rebuild(moved_at=NOW)
    world.state.put("flights", state_keys.REBUILD, left)
    world.bus.events.clear()
    assert world.reconcile(now=NOW) == []
    assert world.reconcile() == ["GoOnRebuilding"]
    assert [event.type for event in world.bus.events] == ["RebuildDue", "Reconciled"]


def test_people_hear_of_a_repair_that_is_no_matter_of_course(world: World) -> None:
    _shifted(world)
    world.bus.events.clear()
    world.reconcile()
    told = [event.ids["repair"] for event in world.bus.events if event.type == "Reconciled"]
    assert told == ["EndRollout"]
