"""Versions of files: repeated, replaced, brought back, told late."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import csv_bytes, flights

ONE = csv_bytes(flights(3))
TWO = csv_bytes(flights(3, arr_delay=99))


def test_the_same_file_dropped_twice_is_a_recorded_no_op(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.land("flights/flights/a.csv", ONE)
    objects = world.objects()
    assert world.land("flights/flights/a.csv", ONE) == "duplicate"
    assert world.objects() == objects
    assert world.types() == ["BatchValidated"]
    assert world.active() == ["flights/flights/a.csv"]
    assert capsys.readouterr().out.count('"DuplicateBatches":[1.0]') == 1


def test_the_same_bytes_at_another_key_count_once_and_are_told(world: Any) -> None:
    world.land("flights/flights/a.csv", ONE)
    assert world.land("flights/flights/copy.csv", ONE) == "duplicate"
    assert world.types() == ["BatchValidated"] * 2
    assert world.active() == ["flights/flights/a.csv"]


def test_a_file_synchronised_again_does_not_take_corrections_back(world: Any) -> None:
    world.land("flights/flights/january.csv", ONE)
    world.land("flights/flights/corrections.csv", TWO)
    before = world.ledger.active("flights", "flights")
    world.land("flights/flights/january.csv", ONE)
    assert world.ledger.active("flights", "flights") == before


def test_new_bytes_at_an_old_key_supersede_the_old_rows(world: Any) -> None:
    world.land("flights/flights/a.csv", ONE)
    old = world.ledger.active("flights", "flights")
    assert world.land("flights/flights/a.csv", TWO) == "validated"
    (new,) = world.ledger.active("flights", "flights")
    assert new.batch_id != old[0].batch_id


def test_going_back_to_the_old_bytes_makes_the_old_rows_count_again(world: Any) -> None:
    world.land("flights/flights/a.csv", ONE)
    (first,) = world.ledger.active("flights", "flights")
    world.land("flights/flights/a.csv", TWO)
    world.bus.events.clear()
    world.land("flights/flights/a.csv", ONE)
    assert world.ledger.active("flights", "flights") == [first]
    assert world.types() == ["BatchValidated", "BatchWithdrawn"]


def test_the_old_rows_count_until_their_successor_is_validated_and_for_good_if_it_is_refused(
    world: Any,
) -> None:
    world.land("flights/flights/a.csv", ONE)
    (first,) = world.ledger.active("flights", "flights")
    world.deliver(world.drop("flights/flights/a.csv", csv_bytes(flights(3, month=13))))
    assert world.ledger.active("flights", "flights") == [first]
    assert world.settle() == ["rejected"]
    assert world.ledger.active("flights", "flights") == [first]


def test_the_event_of_an_older_version_that_comes_late_changes_nothing(world: Any) -> None:
    old, new = world.drop("flights/flights/a.csv", ONE), world.drop("flights/flights/a.csv", TWO)
    world.deliver(new)
    world.settle()
    (current,) = world.ledger.active("flights", "flights")
    world.bus.events.clear()
    assert world.deliver(old) == "ingested"
    assert world.settle() == ["validated"]
    assert world.ledger.active("flights", "flights") == [current]
    # Its rows never counted, and whoever waits for them hears so.
    assert world.types() == ["BatchValidated", "BatchWithdrawn"]


def test_the_event_of_a_version_on_which_nothing_depends_is_ignored_on_record(world: Any) -> None:
    oldest = world.drop("flights/flights/a.csv", csv_bytes(flights(7)))
    world.land("flights/flights/a.csv", ONE)
    world.land("flights/flights/a.csv", TWO)
    assert world.deliver(oldest) == "late"
    document = world.documents()["object#flights#flights/flights/a.csv"]
    assert document["ignored"] == [oldest["detail"]["object"]["sequencer"]]


def test_versions_that_overtake_each_other_before_validation_end_at_the_newest(world: Any) -> None:
    old, new = world.drop("flights/flights/a.csv", ONE), world.drop("flights/flights/a.csv", TWO)
    world.deliver(new)
    world.deliver(old)
    assert world.settle() == ["validated", "validated"]
    (current,) = world.ledger.active("flights", "flights")
    assert current.source.sequencer == new["detail"]["object"]["sequencer"]
