"""Files and batches that are too large for a function."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from ghosteam.steps.hand_over import work_bytes
from tests.builders import csv_bytes, flights
from tests.unit.data.world import World

KEY = "flights/flights/a.csv"
BODY = csv_bytes(flights(6))


def limit(
    world: World, *, function_bytes: int | None = None, function_rows: int | None = None
) -> None:
    """Give the world's functions limits; None takes them away, as in a job."""
    world.ingest = replace(world.ingest, function_bytes=function_bytes)
    world.validation = replace(world.validation, function_rows=function_rows)


def test_a_file_over_the_functions_limit_is_handed_over_unread_with_its_event(world: World) -> None:
    limit(world, function_bytes=len(BODY) - 1)
    event = world.drop(KEY, BODY)
    assert world.deliver(event) == "handed over"
    (announced,) = world.bus.events
    assert (announced.type, announced.ids["step"]) == ("LargeFileLanded", "ingest_file")
    assert {key: json.loads(body) for key, body in world.objects().items()} == {
        f"{announced.ids['handover']}/event.json": event
    }
    assert world.documents() == {}


def test_a_file_at_the_limit_is_ingested_by_the_function(world: World) -> None:
    limit(world, function_bytes=len(BODY))
    assert world.deliver(world.drop(KEY, BODY)) == "ingested"


def test_a_file_over_the_last_limit_is_still_rejected_and_starts_no_job(
    new_world: Callable[..., World],
) -> None:
    world = new_world(max_file_bytes=len(BODY) - 1)
    limit(world, function_bytes=10)
    assert world.deliver(world.drop(KEY, BODY)) == "rejected"
    assert world.types() == ["BatchRejected"]


def test_a_file_of_unknown_format_is_rejected_without_a_job(world: World) -> None:
    limit(world, function_bytes=10)
    assert world.deliver(world.drop("flights/flights/a.xlsx", BODY)) == "rejected"


@pytest.mark.parametrize(
    ("file_format", "expected"), [("csv", 100), ("jsonl", 100), ("csv.gz", 500), ("parquet", 500)]
)
def test_compressed_bytes_stand_for_more_work(file_format: str, expected: int) -> None:
    assert work_bytes(100, file_format) == expected  # type: ignore[arg-type]


def test_a_handed_over_event_that_comes_again_ends_in_the_same_batch(world: World) -> None:
    event = world.drop(KEY, BODY)
    limit(world)
    assert [world.deliver(event), world.deliver(event)] == ["ingested", "repeated"]
    limit(world, function_bytes=10)
    assert world.deliver(event) == "handed over"
    limit(world)
    assert world.deliver(event) == "repeated"
    assert (
        len(world.active()) == 0
        and len([key for key in world.documents() if key.startswith("batch#")]) == 1
    )


def test_a_batch_with_more_rows_than_a_function_takes_is_validated_by_the_job(
    new_world: Callable[..., World],
) -> None:
    world = new_world(part_rows=2)
    limit(world, function_rows=5)
    world.deliver(world.drop(KEY, BODY))
    (ingested,) = world.bus.events
    assert world.validate(ingested) == "handed over"
    announced = world.bus.events[-1]
    assert (announced.type, announced.ids["step"]) == ("LargeBatchIngested", "validate_batch")
    assert not [key for key in world.objects() if key.startswith(("validated/", "profiles/"))]
    limit(world)
    assert world.validate(ingested) == "validated"
    limit(world, function_rows=5)
    assert world.validate(ingested) == "repeated"
    assert world.types()[-2:] == ["BatchValidated", "BatchValidated"]
