"""A process that dies between any two lines leaves what the next delivery sets right."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from tests.builders import csv_bytes, flight, flights
from tests.unit.data.world import NOW, Killed, World

MIXED = csv_bytes([*flights(20), flight(flight=21, month=13), flight(flight=3)])


REFUSED = csv_bytes([*flights(2), flight(flight=21, month=13)])


@pytest.mark.parametrize(
    "body",
    [MIXED, REFUSED, b"year\n1\n"],
    ids=["validated", "refused by contract", "refused unread"],
)
def test_killed_at_any_step_and_delivered_again_the_result_is_that_of_an_undisturbed_run(
    body: bytes,
) -> None:
    def run(at: int | None) -> tuple[Any, int]:
        with mock_aws():
            world = World(part_rows=9)
            event = world.drop("flights/flights/a.csv", body)
            event["detail"]["object"].pop(
                "version-id"
            )  # random in the mock, and part of the records
            world.kill.at = at
            try:
                world.deliver(event)
                world.settle()
                steps = world.kill.calls
            except Killed:
                steps = 0
                world.kill.at = None
                waiting = [event for event in world.bus.events if event.type == "BatchIngested"]
                world.deliver(event, now=NOW + timedelta(hours=1))
                for ingested in waiting:
                    world.validate(ingested)
                world.settle()
            documents = world.documents()
            for document in documents.values():
                document.pop("received_at", None)
            announced = {
                (event.type, json.dumps(event.detail()))
                for event in world.bus.events
                if event.type != "BatchIngested"
            }
            return (world.objects(), documents, announced), steps

    undisturbed, steps = run(None)
    assert steps >= 4
    for step in range(steps):
        assert run(step)[0] == undisturbed, f"killed at step {step}"
