"""The command asks, looks first, goes on until nothing has to be left, and says what it did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

import cli.connection
from cli import erase
from cli.app import app
from cli.connection import Connection
from ghosteam.data.subject import Subject
from ghosteam.documents import state_keys
from ghosteam.documents.published_definition import PublishedDefinition
from tests import documents
from tests.accounts import CREDENTIALS, NAMES, name_resources
from tests.unit.erasure.world import ANN, BOB, PROBLEM, World, visit


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        found = World(
            tmp_path, online="ghosteam_dev_online", group="/aws/lambda/ghosteam-dev-predict"
        )
        digest = documents.keep_definition(found.artifacts, PROBLEM)
        published = PublishedDefinition(definition=digest, code="", at=documents.DAY, told=True)
        found.state.put("visits", state_keys.PUBLISHED_DEFINITION, published)
        boto3.client("events").create_event_bus(Name="bus")
        name_resources("dev", **NAMES)
        monkeypatch.setattr(cli.connection, "connect", Connection)

        def work(_: float) -> None:
            """What the deployment does meanwhile: all events of these batches, told by the step."""
            for batch in found.state.list("visits", state_keys.BATCHES):
                found.announce(batch.data)

        monkeypatch.setattr(erase, "sleep", work)
        yield found


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(
        app, ["erase", "visits", "-e", "dev", *arguments], env={"COLUMNS": "200"}
    )
    return done.exit_code, done.output


def filled(world: World) -> World:
    world.drop("visits/a.csv", [visit(ANN, 1), visit(BOB, 1)])
    world.drop("patients/p.csv", [(ANN, 30), (BOB, 40)], ("patient", "age"))
    world.train()
    return world


def test_it_goes_on_until_it_is_over(world: World) -> None:
    filled(world)
    code, output = run("--entity", f"patient={ANN}", "--yes")
    assert code == 0, output
    assert "it is over" in output and "models that have learned" in output and "r1" in output
    assert ANN not in output
    assert world.found() == []
    assert world.events()["patient"].to_list() == [BOB]


def test_what_has_to_be_left_is_told_by_the_exit_code(world: World) -> None:
    filled(world)
    code, output = run("--entity", f"patient={ANN}", "--yes", "--wait", "0")
    assert code == 3
    assert "waits: online rows follow a batch" in output and "run the command again" in output


def test_it_looks_and_asks_first(world: World) -> None:
    filled(world)
    places = world.found()
    for flags, wanted in ((["--dry-run"], 0), ([], 1)):
        code, output = run("--entity", f"patient={ANN}", *flags)
        assert code == wanted
        assert "would be erased" in output and "training sets" in output
        assert world.found() == places
    assert "Nothing was erased. Say --yes to erase." in output


def test_json_is_the_document_alone(world: World) -> None:
    filled(world)
    code, output = run("--entity", f"patient={ANN}", "--yes", "--json")
    document: dict[str, Any] = json.loads(output[output.index("{") :])
    identity = Subject.of(PROBLEM, {"patient": ANN}).identity
    assert code == 0 and document["subject"] == identity
    assert document["asked_by"].startswith("arn:aws:") and document["finished_at"]
    record = world.state.find("visits", state_keys.ERASURES / identity)
    assert record is not None and record.to_json() == document


@pytest.mark.parametrize(
    ("entity", "says"),
    [
        ("patient", "column=value"),
        ("nobody=1", "names no entity"),
        ("at=2024-01-01", "names no entity"),
        ("age=old", "is a number"),
        ("patient=", "its value is empty"),
    ],
)
def test_what_names_no_entity_is_refused(world: World, entity: str, says: str) -> None:
    code, output = run("--entity", entity, "--yes")
    assert code == 1 and says in output


def test_a_problem_that_is_not_there_is_named(world: World) -> None:
    done = CliRunner().invoke(app, ["erase", "vists", "-e", "dev", "--entity", "a=1", "--yes"])
    assert done.exit_code == 1 and "vists" in done.output
