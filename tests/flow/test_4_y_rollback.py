"""Going back under traffic, and a rollout whose execution is stopped by force."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from cli.rollback import roll_back
from ghosteam.aws.model_registry import ModelRegistry, model_name
from ghosteam.documents import state_keys
from ghosteam.documents.routing import Routing
from ghosteam.documents.slot import Slot
from tests.flow import slice as sample
from tests.flow.conftest import moment
from tests.flow.world import World

pytestmark = pytest.mark.flow


def another_version(world: World) -> str:
    """A registered version of the champion's own model."""
    registry = ModelRegistry(world.connection.variables["MLFLOW_TRACKING_URI"])
    run = routing(world).champion.run_id
    source = routing(world).champion.model_uri
    return registry.create_version(
        model_name("flights"), source, None, {"run_id": f"{run}-{uuid4().hex[:6]}"}
    )


def routing(world: World) -> Routing:
    document = world.state.get("flights", state_keys.ROUTING)
    assert document is not None
    return document.data


def start_rollout(world: World, version: str, **more: Any) -> str:
    """Start the rollout machine by hand with the champion's run; the execution's ARN."""
    request = {
        "problem": "flights",
        "run_id": routing(world).champion.run_id,
        "version": version,
        **more,
    }
    answer = world.client("stepfunctions").start_execution(
        stateMachineArn=world.machine("rollout"), input=json.dumps(request)
    )
    return str(answer["executionArn"])


@contextmanager
def constant_traffic(world: World) -> Iterator[list[tuple[int, set[str]]]]:
    """Predictions asked for without a pause; status and model versions of each answer."""
    rows = sample.requests(world.problem, moment(4, 1), moment(4, 2), 5)
    answers: list[tuple[int, set[str]]] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            answer = world.api.request("POST", "/v1/flights/predict", json={"instances": rows})
            body = answer.json()
            answers.append(
                (
                    int(answer.status_code),
                    {one["model_version"] for one in body.get("predictions", [])},
                )
            )

    caller = threading.Thread(target=ask)
    caller.start()
    try:
        yield answers
    finally:
        done.set()
        caller.join()


def test_a_rollback_under_traffic_fails_no_request_and_the_other_slot_is_retired(
    world: World, champion: Slot
) -> None:
    world.rest()
    before = routing(world).champion
    version = another_version(world)
    force = {"force": True, "canary": False, "requested_by": "a test", "reason": "to go back from"}
    with constant_traffic(world) as answers:
        start_rollout(world, version, **force)
        world.eventually(
            "new champion", lambda: routing(world).champion.version == version, within=120
        )
        world.eventually(
            "answers of the new champion", lambda: answers and answers[-1][1] == {version}
        )
        began = time.monotonic()
        told = roll_back(world.connection, "flights", to=None, reason="a test says so")
        world.eventually(
            "answers of the former champion",
            lambda: answers[-1][1] == {before.version},
            within=20,
        )
        seconds = time.monotonic() - began
    assert f"Version {before.version} serves again" in told
    assert {status for status, _ in answers} == {200}, f"{len(answers)} requests"
    assert seconds < 10
    assert routing(world).champion.endpoint == before.endpoint
    assert world.events("ChampionRolledBack", model_version=version, to_version=before.version)
    world.eventually("an alert", lambda: world.alerts("a test says so"))
    world.rest()
    assert routing(world).replaced is None

    def endpoints() -> set[str]:
        found = world.client("sagemaker").list_endpoints(NameContains="gt-local-flights")[
            "Endpoints"
        ]
        return {one["EndpointName"] for one in found}

    world.eventually("the end of the other slot", lambda: endpoints() == {before.endpoint})


@pytest.mark.parametrize("state", ["WaitForEndpoint", "WatchCanary"])
def test_a_rollout_that_is_stopped_by_force_is_repaired(
    world: World, champion: Slot, state: str
) -> None:
    world.rest()
    before, version = routing(world).champion, another_version(world)
    force = {"force": True, "requested_by": "a test", "reason": "to be stopped"}
    execution = start_rollout(world, version, **force)
    client = world.client("stepfunctions")

    def has_entered() -> bool:
        history = client.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        return any(
            event.get("stateEnteredEventDetails", {}).get("name") == state for event in history
        )

    world.eventually(f"the state {state}", has_entered, within=60)
    client.stop_execution(executionArn=execution, cause="a test")
    lease = world.state.get("flights", state_keys.ROLLOUT_LEASE)
    assert lease is not None
    # As if it had been stopped an hour ago: what is young is left alone.
    world.state.replace("flights", lease, replace(lease.data, acquired_at=moment(1, 1)))
    repairs = [
        one for one in world.invoke("reconcile", {})["repairs"] if one["repair"] != "TellRegistry"
    ]
    assert [(one["repair"], one["version"]) for one in repairs] == [("EndRollout", version)]
    assert world.state.get("flights", state_keys.ROLLOUT_LEASE) is None
    assert (routing(world).champion, routing(world).challenger) == (before, None)
    assert world.invoke("reconcile", {})["repairs"] == []

    def retired() -> bool:
        return "FunctionError" not in world.invoke_anyway(
            "retire_slot", {"endpoint_name": lease.data.endpoint}
        )

    world.eventually("an endpoint that can be deleted", retired)
