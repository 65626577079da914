"""A problem that comes, is renamed, renamed back and removed, while its neighbour answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.slot import Slot
from tests.flow import slice as sample
from tests.flow.calls import Traffic
from tests.flow.checkout import copy_checkout, deploy_from
from tests.flow.conftest import moment
from tests.flow.world import World

pytestmark = [pytest.mark.flow, pytest.mark.long]
NAME, OTHER = "departures", "leaving"


def test_a_problem_is_renamed_back_and_forth_and_no_request_of_its_neighbour_fails(
    world: World, champion: Slot, tmp_path: Path
) -> None:
    checkout = copy_checkout(tmp_path)
    neighbour = world.state.find("flights", state_keys.ROUTING)
    rows = sample.requests(world.problem, moment(4, 1), moment(4, 2), 20)
    with Traffic(world, rows) as traffic:
        _deploy(world, checkout, NAME)
        first = _learns(world, NAME)
        assert _answers(world, NAME, rows) == first.version
        _deploy(world, checkout, OTHER)
        assert _status(world, NAME, rows) == 404
        assert _status(world, OTHER, rows) == 503, "a new name has learned nothing yet"
        second = _learns(world, OTHER)
        assert _answers(world, OTHER, rows) == second.version
        _deploy(world, checkout, NAME)
        assert _status(world, OTHER, rows) == 404
        back = world.eventually(
            "answers under the first name", lambda: _answers(world, NAME, rows), within=300
        )
        assert back == first.version, "what it had learned under this name is there"
        _deploy(world, checkout)
        assert _status(world, NAME, rows) == 404
    assert traffic.failures == []
    assert traffic.answered > 100
    assert world.state.find("flights", state_keys.ROUTING) == neighbour
    world.rest()


def _deploy(world: World, checkout: Path, name: str | None = None) -> None:
    """The copy, with the folder of flights beside it as a problem of this name alone."""
    repository = checkout / "feature_repo"
    for other in (NAME, OTHER):
        shutil.rmtree(repository / other, ignore_errors=True)
    if name:
        shutil.copytree(repository / "flights", repository / name)
        path = repository / name / "problem.yaml"
        path.write_text(path.read_text().replace("problem: flights", f"problem: {name}"))
    deploy_from(checkout, world.state_dir)


def _learns(world: World, name: str) -> Slot:
    """The first model of a problem, made of the files of January to March."""
    for month in (1, 2, 3):
        for dataset, body in (
            ("flights", sample.flights_csv(month)),
            ("weather", sample.weather_csv(month)),
        ):
            world.drop(dataset, f"2013-{month:02d}.csv", body, problem=name)
    world.drop("planes", "planes.csv", sample.planes_csv(), problem=name)

    def look() -> Slot | None:
        routing = world.state.find(name, state_keys.ROUTING)
        return routing.champion if routing else None

    logs = ("ingest_file", "validate_batch", "decide_retraining", "register_model")
    return world.eventually(f"champion of {name}", look, logs_of=logs, within=600)


def _status(world: World, name: str, rows: list[dict[str, object]]) -> int:
    answer = world.api.request("POST", f"/v1/{name}/predict", json={"instances": rows})
    return int(answer.status_code)


def _answers(world: World, name: str, rows: list[dict[str, object]]) -> str | None:
    """The version that answers all rows."""
    answer = world.api.request("POST", f"/v1/{name}/predict", json={"instances": rows})
    if answer.status_code != 200:
        return None
    [version] = {one["model_version"] for one in answer.json()["predictions"]}
    return str(version)
