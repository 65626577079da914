"""After a death at any point the repairs lead back to a consistent deployment, and what is well is
left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.aws.endpoints import EndpointAdmin
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.problem.spec import Problem
from ghosteam.rollout.plan import Hosting
from ghosteam.rollout.repairs import (
    GRACE,
    CloseRun,
    Documents,
    EndRollout,
    Observed,
    RestoreChampion,
    RetireEndpoint,
    StartWaiting,
    TellRegistry,
    plan_repairs,
)
from ghosteam.serving.routing import serving_endpoints
from ghosteam.steps.finish_rollout import finish_rollout
from ghosteam.steps.prepare_rollout import prepare_rollout
from ghosteam.steps.reconcile import Reconciling, carry_out_repairs
from ghosteam.steps.shift_traffic import shift_traffic
from tests.unit.serving.test_rollout_steps import InMemoryRegistry, InMemoryScaling

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
HOSTING = Hosting(
    environment_name="local",
    image="i",
    role_arn="arn:aws:iam::1:role/serve",
    name_prefix="gt-local",
)


def slot(version: str, **more: Any) -> dict[str, Any]:
    return {
        "version": version,
        "endpoint": f"gt-local-flights-v{version}",
        "run_id": f"run-{version}",
        **more,
    }


def lease(version: str, *, at: datetime = NOW) -> dict[str, Any]:
    endpoint, execution = f"gt-local-flights-v{version}", f"exec-{version}"
    return {
        "version": version,
        "run_id": f"run-{version}",
        "endpoint": endpoint,
        "execution": execution,
        "acquired_at": at.isoformat(),
    }


def observed(*names: str, running: tuple[str, ...] = (), at: datetime = NOW) -> Observed:
    return Observed(dict.fromkeys(names, at), frozenset(names), frozenset(running))


ONE, TWO = "gt-local-flights-v1", "gt-local-flights-v2"


def test_a_deployment_that_is_well_is_left_alone() -> None:
    serving = Documents(routing={"champion": slot("1"), "challenger": None})
    on_trial = Documents(
        routing={"champion": slot("1"), "challenger": slot("2", percent=20)},
        rollout_lease=lease("2"),
        retraining_lease={"run_id": "r", "execution": "run-exec", "acquired_at": NOW.isoformat()},
        waiting={"version": "3", "run_id": "run-3"},
    )
    assert plan_repairs({"flights": Documents()}, observed(), now=LATER) == []
    assert plan_repairs({"flights": serving}, observed(ONE), now=LATER) == []
    assert (
        plan_repairs(
            {"flights": on_trial}, observed(ONE, TWO, running=("exec-2", "run-exec")), now=LATER
        )
        == []
    )


def test_a_rollout_whose_execution_is_gone_is_ended() -> None:
    documents = Documents(
        routing={"champion": slot("1"), "challenger": slot("2")}, rollout_lease=lease("2")
    )
    [repair] = plan_repairs({"flights": documents}, observed(ONE, TWO), now=LATER)
    assert isinstance(repair, EndRollout)
    assert (repair.problem, repair.version, repair.run_id, repair.endpoint) == (
        "flights",
        "2",
        "run-2",
        TWO,
    )
    young = plan_repairs({"flights": documents}, observed(ONE, TWO), now=NOW + timedelta(minutes=1))
    assert young == []


def test_a_run_whose_execution_is_gone_is_closed() -> None:
    held = {"run_id": "r", "execution": "run-exec", "acquired_at": NOW.isoformat()}
    assert plan_repairs({"f": Documents(retraining_lease=held)}, observed(), now=LATER) == [
        CloseRun("f", "r", "run-exec")
    ]


def test_what_nothing_uses_goes_when_it_is_no_longer_young() -> None:
    documents = Documents(routing={"champion": slot("1"), "challenger": None})
    assert (
        plan_repairs({"flights": documents}, observed(ONE, "gt-local-old-v7"), now=NOW + GRACE / 2)
        == []
    )
    [repair] = plan_repairs(
        {"flights": documents}, observed(ONE, "gt-local-old-v7"), now=NOW + GRACE
    )
    assert isinstance(repair, RetireEndpoint) and repair.name == "gt-local-old-v7"


def test_a_replaced_slot_is_kept_for_its_hold_and_then_goes() -> None:
    routing = {"champion": slot("2"), "challenger": None, "replaced": slot("1")}
    promoted = {"run-2": {"rolled_out_at": NOW.isoformat()}}
    documents = Documents(routing=routing, runs=promoted, hold=timedelta(hours=5))
    assert (
        plan_repairs({"flights": documents}, observed(ONE, TWO), now=NOW + timedelta(hours=5)) == []
    )
    [repair] = plan_repairs(
        {"flights": documents}, observed(ONE, TWO), now=NOW + timedelta(hours=6)
    )
    assert repair == RetireEndpoint(ONE, repair.reason, "flights")  # type: ignore[union-attr]


def test_a_champion_whose_endpoint_is_gone_is_rolled_out_again() -> None:
    documents = Documents(routing={"champion": slot("1"), "challenger": None})
    assert plan_repairs({"flights": documents}, observed(), now=LATER) == [
        RestoreChampion("flights", "1", "run-1", ONE)
    ]


def test_who_waits_is_started_and_the_registry_is_told() -> None:
    documents = Documents(waiting={"version": "3"}, notes=("2",))
    expected = [StartWaiting("flights", "3"), TellRegistry("flights", ("2",))]
    assert plan_repairs({"flights": documents}, observed(), now=LATER) == expected


@given(
    champion=st.booleans(),
    challenger=st.booleans(),
    replaced=st.booleans(),
    leased=st.booleans(),
    alive=st.booleans(),
    extra=st.lists(st.integers(4, 9), unique=True),
)
def test_no_repair_takes_down_what_serves_or_what_a_living_rollout_holds(
    champion: bool, challenger: bool, replaced: bool, leased: bool, alive: bool, extra: list[int]
) -> None:
    routing = {
        "champion": slot("1") if champion else None,
        "challenger": slot("2") if challenger else None,
    }
    if replaced:
        routing["replaced"] = slot("0")
    documents = Documents(routing=routing, rollout_lease=lease("3") if leased else None)
    names = [f"gt-local-flights-v{number}" for number in (0, 1, 2, 3, *extra)]
    found = plan_repairs(
        {"flights": documents}, observed(*names, running=("exec-3",) if alive else ()), now=LATER
    )
    gone = {repair.name for repair in found if isinstance(repair, RetireEndpoint)}
    assert not gone & serving_endpoints(routing)
    assert not (leased and "gt-local-flights-v3" in gone)
    assert {f"gt-local-flights-v{number}" for number in extra} <= gone


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

    def prepare(self, version: str) -> dict[str, Any]:
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
        self.sagemaker.names.add(plan["endpoint_name"])
        return plan

    def shift(self, plan: dict[str, Any]) -> None:
        names = ("problem", "version", "run_id", "endpoint_name", "model_uri", "percent")
        request = {name: plan[name] for name in names}
        shift_traffic(request, state=self.state, artifacts=self.artifacts, now=NOW)

    def finish(self, version: str, verdict: str) -> None:
        request = {
            "problem": "flights",
            "version": version,
            "run_id": f"run-{version}",
            "verdict": verdict,
            "reason": "r",
        }
        finish_rollout(request, state=self.state, bus=self.bus, registry=self.registry, now=NOW)  # type: ignore[arg-type]

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
        routing = self.state.get("flights", "routing")
        assert routing is not None
        kept = {routing.data["replaced"]["endpoint"]} if routing.data.get("replaced") else set()
        return (
            self.state.get("flights", "lease#rollout") is None
            and routing.data["challenger"] is None
            and routing.data["champion"]["endpoint"] in self.sagemaker.names
            and self.sagemaker.names == serving_endpoints(routing.data) | kept
            and self.registry.aliases["champion"] == routing.data["champion"]["version"]
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
    routing = world.state.get("flights", "routing")
    assert routing is not None and routing.data["champion"]["version"] == champion
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
    while world.state.get("flights", "lease#rollout"):
        assert world.reconcile() != []
    world.bus.events.clear()
    routing = world.state.get("flights", "routing")
    assert routing is not None
    assert world.reconcile() == ["RestoreChampion"]
    [event] = [event for event in world.bus.events if event.type == "ModelRegistered"]
    assert event.ids["version"] == routing.data["champion"]["version"]


def test_people_hear_of_a_repair_that_is_no_matter_of_course(world: World) -> None:
    _shifted(world)
    world.bus.events.clear()
    world.reconcile()
    told = [event.ids["repair"] for event in world.bus.events if event.type == "Reconciled"]
    assert told == ["EndRollout"]
