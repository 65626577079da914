"""One deployment for all tests of the whole flow, in an account of its own; files are tested in the
order of their names.

``GHOSTEAM_FLOW_STATE_DIR=<folder>`` names an account that is used again and left running: for work
on these tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.connection import connect
from cli.demo.cases import cases
from cli.deployment import deploy
from ghosteam.documents import state_keys
from ghosteam.documents.slot import Slot
from local import supervisor
from tests.flow import slice as sample
from tests.flow.world import World

CASES = cases()
"""The problems beside flights, with their data."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All stacks, deployed by the real CDK CLI."""
    kept = os.environ.get("GHOSTEAM_FLOW_STATE_DIR")
    state_dir = Path(kept) if kept else tmp_path_factory.mktemp("account")
    try:
        supervisor.up(state_dir, port=0)
        connection = connect("local", state_dir)
        if not connection.client("ssm").get_parameters_by_path(Path="/ghosteam-local/")[
            "Parameters"
        ]:
            deploy(connection, print)
        found = World(connection, state_dir)
        found.listen()
        yield found
    finally:
        if not kept:
            supervisor.down(state_dir)


@pytest.fixture(scope="session")
def champion(world: World) -> Slot:
    """The first model's entry in the routing document, made of the files of January to March."""
    if not (routing := world.state.get("flights", state_keys.ROUTING)):
        for month in (1, 2, 3):
            world.drop("flights", f"2013-{month:02d}.csv", sample.flights_csv(month))
            world.drop("weather", f"2013-{month:02d}.csv", sample.weather_csv(month))
        world.drop("planes", "planes.csv", sample.planes_csv())
        routing = world.eventually(
            "champion",
            lambda: (
                (found := world.state.get("flights", state_keys.ROUTING))
                and found.data.champion
                and found
            ),
            logs_of=(
                "ingest_file",
                "validate_batch",
                "materialize_features",
                "decide_retraining",
                "register_model",
            ),
            within=420,
        )
        world.rest()
    return routing.data.champion


@pytest.fixture(scope="session")
def champions(world: World, champion: Slot) -> dict[str, Slot]:
    """What serves each problem beside flights, once its history has landed."""
    for case in CASES.values():
        if not world.state.get(case.problem, state_keys.ROUTING):
            world.drop(case.dataset, "history.csv", case.history_file(), problem=case.problem)
    found: dict[str, Slot] = {}
    for name in CASES:
        routing = world.eventually(
            f"champion of {name}",
            lambda name=name: (
                (stored := world.state.get(name, state_keys.ROUTING))
                and stored.data.champion
                and stored
            ),
            logs_of=("ingest_file", "validate_batch", "decide_retraining", "register_model"),
            within=420,
        )
        found[name] = routing.data.champion
    world.rest()
    return found


def moment(month: int, day: int) -> datetime:
    """Midnight UTC of a day of 2013."""
    return datetime(2013, month, day, tzinfo=UTC)


def prediction_status(world: World) -> int:
    """The HTTP status of one prediction for flights."""
    rows = sample.requests(world.problem, moment(4, 1), moment(4, 2), 1)
    return int(
        world.api.request("POST", "/v1/flights/predict", json={"instances": rows}).status_code
    )
