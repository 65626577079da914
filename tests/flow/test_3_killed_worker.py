"""A worker that dies in the middle of a file leaves nothing that a second delivery does not make
whole.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from ghosteam.documents import keys, state_keys
from tests.flow import slice as sample
from tests.flow.deployment import PREFIX
from tests.flow.world import Dropped, World

pytestmark = pytest.mark.flow
PART_ROWS = 400
INGEST = f"{PREFIX}-ingest-file"


@pytest.fixture
def small_parts(world: World) -> Iterator[None]:
    """The function writes many small parts, so that there is time to kill it between two."""
    client = world.client("lambda")
    usual = client.get_function_configuration(FunctionName=INGEST)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=INGEST,
        Environment={"Variables": {**usual, "GHOSTEAM_PART_ROWS": str(PART_ROWS)}},
    )
    yield
    client.update_function_configuration(FunctionName=INGEST, Environment={"Variables": usual})


def _parts(world: World, prefix: str) -> dict[str, bytes]:
    return {item.key: world.lake.get(item.key) for item in world.lake.list(prefix)}


def _forget(world: World, batch_id: str, key: str) -> None:
    """Take a batch out of the lake and the ledger, as if it had never arrived."""
    for kind in ("raw", "validated"):
        for item in world.lake.list(f"{kind}/flights/weather/{batch_id}/"):
            world.client("s3").delete_object(Bucket=world.lake.bucket, Key=item.key)
    for name in (state_keys.batch("weather", batch_id), state_keys.landing("weather", key)):
        document = world.state.get("flights", name)
        assert document is not None
        world.state.delete("flights", document)


def _kill_in_the_middle(world: World, dropped: Dropped) -> tuple[str, int]:
    """Kill the function when it has written some parts of the file; its batch id and how many parts
    there were.
    """
    batch = world.eventually(
        "begun batch", lambda: world.batch(dropped, "ingesting"), logs_of=("ingest_file",)
    )
    prefix = f"raw/flights/weather/{batch.batch_id}/"
    deadline = time.monotonic() + 60
    while len(list(world.lake.list(prefix))) < 3:
        assert time.monotonic() < deadline, "no parts are written"
    for pid in world.processes(f"AWS_LAMBDA_FUNCTION_NAME={INGEST}"):
        os.kill(pid, signal.SIGKILL)
    assert world.batch(dropped, "ingesting") is not None, "the function was faster than its end"
    return batch.batch_id, len(list(world.lake.list(prefix)))


def test_a_file_whose_ingestion_is_killed_becomes_the_same_objects_as_an_undisturbed_one(
    world: World, small_parts: None
) -> None:
    body = sample.weather_csv()
    with world.soon_again("ingest_file", 5) as queue:
        dropped = world.drop("weather", "whole-year.csv", body)
        batch_id, written = _kill_in_the_middle(world, dropped)
        killed = world.settled(dropped)
        world.eventually("empty queue", lambda: world.waiting(queue) == 0, logs_of=("ingest_file",))
    assert killed.batch_id == batch_id
    assert killed.status == "validated"
    assert killed.parts == -(-killed.rows // PART_ROWS)
    assert 0 < written < killed.parts
    first = keys.raw_part("flights", "weather", batch_id, 0)
    versions = world.client("s3").list_object_versions(Bucket=world.lake.bucket, Prefix=first)[
        "Versions"
    ]
    assert len(versions) > 1, "the message was delivered again"
    raw = _parts(world, f"raw/flights/weather/{batch_id}/")
    valid = _parts(world, f"validated/flights/weather/{batch_id}/")
    assert len(raw) == len(valid) == killed.parts
    world.rest()

    _forget(world, batch_id, dropped.key)
    undisturbed = world.settled(world.drop("weather", "whole-year.csv", body))
    assert undisturbed.batch_id == batch_id
    assert _parts(world, f"raw/flights/weather/{batch_id}/") == raw
    assert _parts(world, f"validated/flights/weather/{batch_id}/") == valid
    world.rest()
