"""The way back to what served before."""

from __future__ import annotations

import pytest

from ghosteam.aws.endpoints import EndpointAdmin
from ghosteam.documents import state_keys
from ghosteam.errors import Conflict, NotFound
from ghosteam.steps.registry_notes import tell_registry
from ghosteam.steps.retire_slot import retire_slot
from ghosteam.steps.roll_back import Rollback
from tests.unit.serving.rollouts import (
    InMemorySageMaker,
    InMemoryScaling,
    Rollouts,
)


def test_the_former_champion_serves_again_while_its_slot_is_kept(rollouts: Rollouts) -> None:
    first = rollouts.first_champion()
    second = rollouts.prepare("2")
    rollouts.shift(second)
    rollouts.finish("2", "promote")
    rollouts.bus.events.clear()
    assert rollouts.go_back(to="1") == Rollback("slot", "1", "2")
    routing = rollouts.document(state_keys.ROUTING)
    assert routing is not None
    assert routing.champion.endpoint == first.endpoint_name
    assert routing.replaced.endpoint == second.endpoint_name
    bad = rollouts.document(state_keys.RUNS / "run-2")
    assert bad is not None and bad.status == "rolled_back"
    assert bad.reasons[-1] == "rolled back by ada: it is wrong at night"
    assert [event.type for event in rollouts.bus.events] == ["ChampionRolledBack"]
    tell_registry(rollouts.state, "flights", rollouts.registry)  # type: ignore[arg-type]
    assert rollouts.registry.aliases["champion"] == "1"


def test_a_former_champion_without_a_slot_is_rolled_out_again_without_a_canary(
    rollouts: Rollouts,
) -> None:
    first = rollouts.first_champion()
    rollouts.shift(rollouts.prepare("2"))
    rollouts.finish("2", "promote")
    admin = EndpointAdmin(
        InMemorySageMaker({first.endpoint_name: "InService"}),
        InMemoryScaling([]),
        environment="local",
    )
    retire_slot(first.endpoint_name, problems=["flights"], state=rollouts.state, admin=admin)
    rollouts.bus.events.clear()
    assert rollouts.go_back() == Rollback("rollout", "1", "2")
    [registered, _] = rollouts.bus.events
    assert registered.ids["force"] is True and registered.ids["canary"] is False
    plan = rollouts.prepare(
        "1",
        execution="back",
        **{k: v for k, v in registered.ids.items() if k not in ("run_id", "version")},
    )
    assert (plan.canary, plan.first) == (False, False)
    rollouts.shift(plan)
    rollouts.finish("1", "promote")
    routing = rollouts.document(state_keys.ROUTING)
    assert routing is not None and routing.champion.version == "1"


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
