"""Slots that are taken down, and those that are not."""

from __future__ import annotations

import pytest

from ghosteam.aws.endpoints import EndpointAdmin
from ghosteam.documents import state_keys
from ghosteam.errors import Transient
from ghosteam.steps.retire_slot import retire_slot
from tests.unit.serving.rollouts import (
    InMemorySageMaker,
    InMemoryScaling,
    Rollouts,
)


def test_a_slot_is_taken_down_whole_and_a_repeat_is_harmless(rollouts: Rollouts) -> None:
    old = rollouts.first_champion().endpoint_name
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
    assert rollouts.document(state_keys.ROUTING).replaced is None


def test_a_slot_with_traffic_is_not_taken_down(rollouts: Rollouts) -> None:
    serving = rollouts.first_champion().endpoint_name
    sagemaker = InMemorySageMaker({serving: "InService"})
    admin = EndpointAdmin(sagemaker, InMemoryScaling([]), environment="local")
    assert retire_slot(serving, problems=["flights"], state=rollouts.state, admin=admin) is None
    assert sagemaker.deleted == []


def test_of_a_champion_that_was_brought_back_the_other_slot_is_taken_down(
    rollouts: Rollouts,
) -> None:
    old = rollouts.first_champion().endpoint_name
    second = rollouts.prepare("2")
    rollouts.shift(second)
    rollouts.finish("2", "promote")
    bad = second.endpoint_name
    assert rollouts.go_back().how == "slot"
    sagemaker = InMemorySageMaker({old: "InService", bad: "InService"})
    admin = EndpointAdmin(sagemaker, InMemoryScaling([]), environment="local")
    # What the rollout of version 2 does at the end of its hold.
    assert retire_slot(old, problems=["flights"], state=rollouts.state, admin=admin) == bad
    assert sagemaker.deleted == [f"endpoint {bad}", f"config {bad}", f"model {bad}"]
    assert rollouts.document(state_keys.ROUTING).replaced is None


def test_an_endpoint_in_the_midst_of_a_change_is_tried_again_later(rollouts: Rollouts) -> None:
    admin = EndpointAdmin(
        InMemorySageMaker({"slot": "Creating"}), InMemoryScaling([]), environment="local"
    )
    with pytest.raises(Transient, match="Creating"):
        retire_slot("slot", problems=["flights"], state=rollouts.state, admin=admin)
