"""The workflow of rebuilds: it calls until nothing is left, and its history never is too long."""

from __future__ import annotations

from typing import Any

from infra.constructs.rebuild import MOST_CALLS
from infra.functions import FUNCTIONS
from tests.infra.templates import Synthesized, machine_states

MOST_EVENTS = 25_000
"""Of one execution. Source: Step Functions developer guide, "Service quotas"."""


def states_of(environment: Synthesized) -> dict[str, dict[str, Any]]:
    """States of the machine by their names."""
    return {
        name: state
        for machine, name, state in machine_states(environment)
        if str(machine).startswith("Problems/Rebuild")
    }


def test_it_calls_again_while_something_is_left(dev: Synthesized) -> None:
    states = states_of(dev)
    assert states["BeginToCount"]["Result"] == {"count": 1}
    work = states["PutOnQueues"]
    assert work["Parameters"] == {"problem.$": "$.problem"} and work["ResultPath"] == "$.told"
    assert "Conflict" in work["Retry"][0]["ErrorEquals"]
    judge = states[work["Next"]]
    (again,) = judge["Choices"]
    left, few = again["And"]
    assert (left["Variable"], left["BooleanEquals"]) == ("$.told.left", True)
    assert (few["Variable"], few["NumericLessThan"]) == ("$.calls.count", MOST_CALLS)
    assert states[again["Next"]]["Next"] == "PutOnQueues"
    assert states[judge["Default"]]["Type"] == "Succeed"


def test_its_history_has_room_for_all_calls_and_their_retries(environment: Synthesized) -> None:
    (retry,) = states_of(environment)["PutOnQueues"]["Retry"]
    # Scheduled, started and ended for each try; entered and left for each of the three states.
    a_call = 3 * (1 + retry["MaxAttempts"]) + 2 * 3
    assert MOST_CALLS * a_call < MOST_EVENTS
    (definition,) = [
        definition
        for name, definition in environment.machines().items()
        if name.endswith("-rebuild")
    ]
    assert definition["TimeoutSeconds"] >= MOST_CALLS * FUNCTIONS["rebuild"].timeout
    assert definition["TimeoutSeconds"] < 365 * 24 * 3600
