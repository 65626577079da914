"""Sources in an account of their own: the stack of a problem's sources comes with them and goes
with them, schedules and commands pull an API, and streams bring their records.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.steps.receive_stream import stream_name
from tests.flow.api_of_rows import KEY, ApiOfRows, serving
from tests.flow.checkout import command, deploy_from, deployed, empty_checkout, own_account
from tests.flow.deployment import PREFIX
from tests.flow.world import World
from tests.many import EVENTS, Features, csv_of, name_of, specification

pytestmark = [pytest.mark.flow, pytest.mark.long]

OFTEN, SELDOM, LATER = (name_of(number) for number in range(3))
"""Pulled every minute, pulled by command, and without sources until the others change."""
FUNCTIONS = "pull-source", "receive-stream"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiOfRows]:
    with serving(tmp_path_factory.mktemp("api")) as found:
        yield found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, api: ApiOfRows) -> Path:
    """A copy of this checkout with three problems in the place of its own."""
    copy = empty_checkout(tmp_path_factory.mktemp("sources"))
    write(copy, api, OFTEN, every="1m")
    write(copy, api, SELDOM, every="1d")
    write(copy, api, LATER)
    return copy


@pytest.fixture(scope="module")
def world(checkout: Path, api: ApiOfRows) -> Iterator[World]:
    with deployed(checkout, own_account(checkout)) as found:
        for name in (OFTEN, SELDOM, LATER):
            found.client("secretsmanager").create_secret(
                Name=f"ghosteam/{name}/api", SecretString=KEY
            )
        trust(found, api)
        yield found


def write(checkout: Path, api: ApiOfRows, name: str, *, every: str | None = None) -> None:
    """The folder of a problem, with sources where it has an API that is pulled ``every`` so
    often.
    """
    text = specification(name, Features(1, sources=every is not None))
    if every:
        text = text.replace("https://api.example.com", api.url).replace("1h", every)
    folder = checkout / "feature_repo" / name
    folder.mkdir(exist_ok=True)
    (folder / "problem.yaml").write_text(text)


def trust(world: World, api: ApiOfRows) -> None:
    """Let the function that pulls believe the API's certificate, until it is deployed again."""
    functions, name = world.client("lambda"), f"{PREFIX}-pull-source"
    found = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    variables = {**found, "SSL_CERT_FILE": str(api.certificate)}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def row(number: int) -> dict[str, Any]:
    """One event, a minute after the one before."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "number": number,
        "thing": "t",
        "at": at.isoformat(),
        "outcome": number % 2 == 0,
        "feature_000": 1.5,
    }


def came(world: World, problem: str, source: str, rows: int) -> list[BatchRecord]:
    """The batches of a source, once they have so many valid rows."""
    start = keys.landed_from(problem, EVENTS, source)

    def look() -> list[BatchRecord] | None:
        batches = [
            one
            for one in world.ledger.all(problem, EVENTS)
            if one.source.key.startswith(start) and one.status == "validated"
        ]
        return batches if sum(one.valid_rows for one in batches) >= rows else None

    found = world.eventually(
        f"{rows} rows of {source} of {problem}",
        look,
        logs_of=("pull_source", "receive_stream", "ingest_file", "validate_batch"),
        within=240,
    )
    assert sum(one.valid_rows for one in found) == rows
    return found


def send(world: World, problem: str, *records: bytes) -> None:
    """Put records into the stream of a problem."""
    world.client("kinesis").put_records(
        StreamName=stream_name(PREFIX, problem, "scans"),
        Records=[{"Data": record, "PartitionKey": "one"} for record in records],
    )


def nested(world: World) -> dict[str, str]:
    """The stacks of sources, by problem: what CloudFormation calls each."""
    pages = (
        world.client("cloudformation")
        .get_paginator("list_stack_resources")
        .paginate(StackName="Ghosteam-local-Data")
    )
    return {
        name: one["PhysicalResourceId"]
        for page in pages
        for one in page["StackResourceSummaries"]
        for name in (OFTEN, SELDOM, LATER)
        if one["ResourceType"] == "AWS::CloudFormation::Stack"
        and name.replace("_", "") in one["LogicalResourceId"]
    }


def of_sources(world: World) -> tuple[set[str], set[str], set[str]]:
    """The problems that have a schedule of an API, a stream, and a mapping of a stream."""
    schedules = world.client("scheduler").list_schedules(NamePrefix=f"{PREFIX}-problem_")
    mappings = world.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    arns = [one["EventSourceArn"] for one in mappings if ":kinesis:" in one["EventSourceArn"]]
    streams = world.client("kinesis").list_streams()["StreamNames"]

    def problems(names: list[str], source: str) -> set[str]:
        ours = [name.removeprefix(f"{PREFIX}-").rsplit("-", 1) for name in names]
        assert {name for _, name in ours} <= {source}
        return {problem for problem, _ in ours}

    return (
        problems([one["Name"] for one in schedules["Schedules"]], "api"),
        problems(streams, "scans"),
        problems([arn.rpartition("/")[2] for arn in arns], "scans"),
    )


def test_1_each_problem_with_sources_has_a_stack_for_them(world: World) -> None:
    assert set(nested(world)) == {OFTEN, SELDOM}
    assert of_sources(world) == ({OFTEN, SELDOM},) * 3
    for stack in nested(world).values():
        kinds = [
            one["ResourceType"]
            for one in world.client("cloudformation").list_stack_resources(StackName=stack)[
                "StackResourceSummaries"
            ]
        ]
        assert {"AWS::Scheduler::Schedule", "AWS::Kinesis::Stream"} <= set(kinds)


def test_2_what_is_new_at_an_api_comes_by_its_schedule(world: World, api: ApiOfRows) -> None:
    api.rows[OFTEN] = [row(number) for number in range(1, 6)]
    came(world, OFTEN, "api", 5)


def test_3_and_by_command(world: World, checkout: Path, api: ApiOfRows) -> None:
    api.rows[SELDOM] = [row(number) for number in range(1, 4)]
    said = command(checkout, "pull", SELDOM, "api")
    assert said.startswith("3 rows, up to 2026-01-01"), said
    api.rows[SELDOM].append(row(4))
    assert command(checkout, "pull", SELDOM, "api").startswith("1 rows, up to 2026-01-01")
    assert "Nothing is new." in command(checkout, "pull", SELDOM, "api")
    assert len(came(world, SELDOM, "api", 4)) == 2


def test_4_records_of_a_stream_land_and_what_is_no_row_is_in_quarantine(world: World) -> None:
    send(world, OFTEN, json.dumps(row(11)).encode(), b"no row", json.dumps(row(12)).encode())
    came(world, OFTEN, "scans", 2)
    [refused] = world.lake.list(keys.quarantine(OFTEN, EVENTS) + "source-scans-")
    assert b"no row" in world.lake.get(refused.key)


def test_5_a_stack_goes_with_the_sources_of_its_problem_and_another_comes(
    world: World, checkout: Path, api: ApiOfRows
) -> None:
    before = nested(world)
    write(checkout, api, OFTEN)
    write(checkout, api, LATER, every="1d")
    deploy_from(checkout, world.state_dir)
    after = nested(world)
    assert set(after) == {SELDOM, LATER} and after[SELDOM] == before[SELDOM]
    assert of_sources(world) == ({SELDOM, LATER},) * 3
    trust(world, api)
    api.rows[SELDOM].append(row(5))
    assert command(checkout, "pull", SELDOM, "api").startswith("1 rows, up to 2026-01-01")
    for name, number in ((SELDOM, 11), (LATER, 12)):
        send(world, name, json.dumps(row(number)).encode())
        came(world, name, "scans", 1)


def test_6_with_the_last_folder_that_has_sources_the_functions_go_too(
    world: World, checkout: Path
) -> None:
    for name in (SELDOM, LATER):
        shutil.rmtree(checkout / "feature_repo" / name)
    deploy_from(checkout, world.state_dir)
    assert not nested(world) and of_sources(world) == (set(),) * 3
    for name in FUNCTIONS:
        with pytest.raises(ClientError, match="ResourceNotFound"):
            world.client("lambda").get_function(FunctionName=f"{PREFIX}-{name}")
    dropped = world.drop(EVENTS, "last.csv", csv_of(1, rows=range(100, 120)), problem=OFTEN)
    assert world.settled(dropped, within=300).valid_rows == 20
