from __future__ import annotations

import json
from typing import Any

import pytest
from moto import mock_aws

from tests.builders import csv_bytes, flights, s3_deletion
from tests.unit.data.world import Killed, World

KEY = "flights/flights/a.csv"
ONE = csv_bytes(flights(3))
TWO = csv_bytes(flights(3, arr_delay=99))


def _version(event: dict[str, Any]) -> str:
    return str(event["detail"]["object"]["version-id"])


def _ids(world: World) -> list[str]:
    return [record.batch_id for record in world.ledger.active("flights", "flights")]


def test_the_rows_of_a_deleted_file_count_no_more_and_it_is_told_which(world: World) -> None:
    world.land(KEY, ONE)
    (batch_id,) = _ids(world)
    world.bus.events.clear()
    event = world.delete(KEY)
    assert world.withdraw(event) == "withdrawn"
    assert world.active() == []
    (told,) = world.bus.events
    assert told.type == "BatchWithdrawn"
    assert told.ids == {"dataset": "flights", "batch_id": batch_id, "key": KEY}


def test_a_deletion_told_twice_is_told_on_twice_and_changes_nothing(world: World) -> None:
    world.land(KEY, ONE)
    event = world.delete(KEY)
    world.withdraw(event)
    before = world.documents()
    assert world.withdraw(event) == "repeated"
    assert world.documents() == before
    assert world.types() == ["BatchValidated", "BatchWithdrawn", "BatchWithdrawn"]


def test_a_deletion_that_comes_before_its_file_takes_its_rows_all_the_same(world: World) -> None:
    created, deleted = world.drop(KEY, ONE), world.delete(KEY)
    assert world.withdraw(deleted) == "unchanged"
    world.deliver(created)
    assert world.settle() == ["validated"]
    assert world.active() == []
    assert world.types() == ["BatchWithdrawn"]  # whoever waits for the batch hears of its end


def test_a_file_that_lands_again_after_its_deletion_counts_again(world: World) -> None:
    world.land(KEY, ONE)
    deleted = world.delete(KEY)
    assert world.land(KEY, ONE) == "duplicate"
    assert world.withdraw(deleted) == "withdrawn"  # late: now the file is a new one
    assert world.active() == [KEY]
    assert world.types()[-1] == "BatchValidated"


def test_deleting_the_copy_of_a_file_leaves_its_rows(world: World) -> None:
    world.land(KEY, ONE)
    world.land("flights/flights/copy.csv", ONE)
    before = _ids(world)
    world.withdraw(world.delete("flights/flights/copy.csv"))
    assert _ids(world) == before


def test_a_version_deleted_for_good_uncovers_the_one_before_and_an_older_one_nothing(
    world: World,
) -> None:
    first = world.drop(KEY, ONE)
    world.deliver(first)
    world.settle()
    before = _ids(world)
    second = world.drop(KEY, TWO)
    world.deliver(second)
    world.settle()
    world.bus.events.clear()
    assert world.withdraw(world.delete(KEY, _version(second))) == "withdrawn"
    assert _ids(world) == before
    assert world.types() == ["BatchValidated", "BatchWithdrawn"]
    third = world.drop(KEY, TWO)
    world.deliver(third)
    assert world.withdraw(world.delete(KEY, _version(first))) == "unchanged"
    assert len(_ids(world)) == 1
    assert _ids(world) != before


def test_a_deletion_that_is_taken_back_brings_the_rows_back(world: World) -> None:
    world.land(KEY, ONE)
    before = _ids(world)
    marker = world.delete(KEY)
    world.withdraw(marker)
    assert world.withdraw(world.delete(KEY, _version(marker))) == "withdrawn"
    assert _ids(world) == before
    assert world.types()[-1] == "BatchValidated"


@pytest.mark.parametrize("key", ["stray.csv", "trains/trips/a.csv", "flights/fligths/a.csv"])
def test_the_deletion_of_what_belongs_nowhere_is_nothing(world: World, key: str) -> None:
    assert world.withdraw(s3_deletion(key, sequencer="1")) == "ignored"
    assert world.documents() == {}
    assert world.types() == []


def _killed_at(at: int | None, *, taken_back: bool) -> tuple[Any, int]:
    """What is there after a file was replaced and deleted, and perhaps restored; the last process
    is killed at its step ``at`` and its event comes again.
    """
    with mock_aws():
        world = World()
        for body in (ONE, TWO):
            event = world.drop(KEY, body)
            world.deliver(event)
            world.settle()
        event = world.delete(KEY)
        event["detail"]["object"]["version-id"] = "marker"
        if taken_back:
            world.withdraw(event)
            event = s3_deletion(KEY, sequencer="F", version_id="marker", for_good=True)
        world.bus.events.clear()
        world.kill.at, world.kill.calls = at, 0
        try:
            world.withdraw(event)
        except Killed:
            world.kill.at = None
            world.withdraw(event)
        told = {(event.type, json.dumps(event.detail())) for event in world.bus.events}
        return (_ids(world), _nameless(world.documents()), told), world.kill.calls


def _nameless(documents: dict[str, Any]) -> str:
    """Without the names of versions, which are random in the mock."""
    for document in documents.values():
        for held in document.get("held", ()):
            held["version_id"] = held["version_id"] == "marker"
        if "source" in document:
            document["source"]["version_id"] = None
    return json.dumps(documents, sort_keys=True)


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_withdrawal_killed_at_any_step_and_told_again_ends_like_an_undisturbed_one(
    taken_back: bool,
) -> None:
    undisturbed, steps = _killed_at(None, taken_back=taken_back)
    assert steps >= 2
    for step in range(steps):
        assert _killed_at(step, taken_back=taken_back)[0] == undisturbed, f"killed at step {step}"
