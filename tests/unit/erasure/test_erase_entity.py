"""Rows of an entity go from every place, those of others stay, and what was counted with them is
counted without.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from moto import mock_aws

from ghosteam.data.subject import Subject
from ghosteam.documents import keys, state_keys
from ghosteam.documents.digests import Digests, check
from tests.unit.data.world import Killed
from tests.unit.erasure.world import ANN, BILLS, BOB, PROBLEM, Row, World, bill, visit

ASKED = [(who, ward, day) for who in (ANN, BOB) for ward in ("east", "west") for day in (2, 3, 4)]


def filled(world: World, *, without: str | None = None) -> World:
    """A world in which things have happened; as if ``without`` had never been."""

    def rows(*some: Row) -> list[Row]:
        return [row for row in some if row[0] != without]

    world.drop(
        "visits/a.csv",
        rows(visit(ANN, 1), visit(BOB, 1, cost=90.0), visit(ANN, 2, "west"), visit(BOB, 2)),
    )
    world.drop("visits/b.jsonl.gz", rows(visit(ANN, 2, "east", 70.0), visit(BOB, 3, "west", 80.0)))
    if without is None:
        world.drop("visits/ann.parquet", [visit(ANN, 3)])
    world.drop("visits/a2.csv", rows(visit(BOB, 1, cost=20.0), visit(ANN, 1, cost=99.0)))
    world.drop("patients/p.csv", rows((ANN, 30), (BOB, 40)), ("patient", "age"))
    world.drop("patients/p.csv", rows((ANN, 31), (BOB, 41)), ("patient", "age"))
    world.drop(
        "bills/1.csv", rows(bill(ANN, "a1", 1), bill(BOB, "b1", 1), bill(BOB, "b2", 2)), BILLS
    )
    # Corrected: amounts, and a day.
    world.drop("bills/2.csv", rows(bill(ANN, "a1", 1, 7.0), bill(BOB, "b2", 2, 6.0)), BILLS)
    world.drop("bills/3.jsonl", rows(bill(BOB, "b1", 2, 9.0), bill(BOB, "b3", 2)), BILLS)
    return world


def used(world: World) -> World:
    world.drop("visits/bad.csv", [visit(ANN, 4, "east", "x"), visit(BOB, 4), visit(BOB, 5)])
    world.put("visits/torn.csv", f"patient,at,ward,cost\n{ANN},1\n".encode())
    world.put("visits/unread.csv", f'patient,"at\n{ANN}'.encode())
    world.put("nowhere/a.csv", f"patient\n{ANN}\n{BOB}\n".encode())
    world.train()
    world.predict(ANN, BOB)
    world.score(visit(ANN, 6), visit(BOB, 6))
    return world


def test_nothing_of_the_entity_is_found_anywhere(world: World) -> None:
    used(filled(world))
    places = {place.split("/")[0].split(":")[0] for place in world.found()}
    assert places >= {"landing", "lake", "artifacts", ""}
    passes = world.erase_all()
    assert world.found() == []
    removed = passes[0].removed
    assert {place for place, one in removed.items() if one.rows} == {
        "training sets",
        "Feast's sources",
        "landing",
        "validated",
        "raw",
        "quarantine",
        "scoring",
        "prediction log",
    }
    assert removed["function logs"].objects == 1
    assert passes[0].models == ("r1",)
    assert passes[-1].finished_at is not None and passes[-1].kept == ()


def test_rows_of_others_are_all_there(world: World) -> None:
    used(filled(world))
    before = world.events().filter(pl.col("patient") == BOB)
    places = len(world.found(BOB))
    world.erase_all()
    assert world.events().equals(before)
    assert len(world.found(BOB)) > places / 2
    [log] = world.lake.list(keys.predictions("visits"))
    events = pl.read_parquet(BytesIO(world.lake.get(log.key)))["event"]
    assert [event["patient"] for event in events] == [BOB]


@pytest.mark.usefixtures("credentials")
def test_windows_and_lookups_are_those_of_a_world_without_the_entity(tmp_path: Path) -> None:
    found = []
    for without in (None, ANN):
        with mock_aws():
            world = filled(World(tmp_path / str(without)), without=without)
            if without is None:
                with_ann = world.online(*ASKED)
                world.erase_all()
            # Marks of events stay: hashes, see the decision.
            ids = [
                name
                for item in world.dynamodb.scan(TableName="on_features")["Items"]
                if ".event-times@" not in (name := item["entity_id"]["S"])
            ]
            found.append((world.online(*ASKED), sorted(ids)))
    assert found[0] == found[1]
    assert found[0][0] != with_ann


def test_a_second_erasure_finds_nothing(world: World) -> None:
    used(filled(world))
    world.erase_all()
    again = world.erase()
    assert (again.removed, again.waiting, again.models) == ({}, (), ())


def test_a_dry_run_says_what_would_go_and_changes_nothing(world: World) -> None:
    used(filled(world))
    places = world.found()
    told = world.erase(dry_run=True)
    assert world.found() == places
    assert told.finished_at is None and told.models == ("r1",)
    assert world.state.find("visits", state_keys.ERASURES / told.subject) is None
    done = world.erase()
    assert {place: one.rows for place, one in done.removed.items()} == {
        place: one.rows for place, one in told.removed.items()
    }


def small(world: World) -> World:
    """A little of everything."""
    world.drop("visits/a.csv", [visit(ANN, 1, cost=90.0), visit(BOB, 1), visit(BOB, 1, cost="x")])
    world.drop("visits/b.csv", [visit(ANN, 2), visit(BOB, 2), visit(ANN, 2, cost="x")])
    world.drop("patients/p.csv", [(ANN, 31), (BOB, 41)], ("patient", "age"))
    world.train()
    world.predict(ANN, BOB)
    world.score(visit(ANN, 6), visit(BOB, 6))
    return world


KILLED = (
    pytest.param(range(0, 400, 17), id="some"),
    pytest.param(range(400), id="all", marks=pytest.mark.long),
)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("places", KILLED)
def test_it_may_be_killed_anywhere_and_done_again(places: range, tmp_path: Path) -> None:
    with mock_aws():
        world = small(World(tmp_path / "whole"))
        world.kill.calls = 0
        world.erase()
        calls = world.kill.calls
        world.work()
        world.erase_all()
        wanted, events, batches = world.online(*ASKED), world.events(), _batches(world)
    assert calls > 50
    for at in range(places.start, min(calls, places.stop), places.step):
        with mock_aws():
            world = small(World(tmp_path / str(at)))
            world.kill.calls, world.kill.at = 0, at
            with pytest.raises(Killed):
                world.erase()
            world.kill.at = None
            world.work()
            world.erase_all()
            assert world.found() == [], at
            assert world.online(*ASKED) == wanted, at
            assert world.events().equals(events), at
            assert _batches(world) == batches, at
            _is_verified(world)


def _batches(world: World) -> list[object]:
    """What the ledger says of batches, but for when they arrived."""
    return [
        (one.data.batch_id, one.data.rows, one.data.valid_rows, one.data.quarantined_rows)
        for one in world.state.list("visits", state_keys.BATCHES)
        if one.data.status == "validated"
    ]


def _is_verified(world: World) -> None:
    run = world.state.find("visits", state_keys.RUNS / "r1")
    routing = world.state.find("visits", state_keys.ROUTING)
    assert run and routing and routing.champion and len(run.notes) == 1
    for key, digest in run.digests.items():
        check(world.artifacts.digest(key), digest, key)
    rows = keys.training_rows("visits", "r1")
    assert routing.champion.digests["train"] == run.digests[rows]
    told = Digests.from_json(world.artifacts.get_json(keys.digests("visits", "r1")))
    assert told.by_key == run.digests


def test_what_is_verified_later_is_what_was_left(world: World) -> None:
    used(filled(world))
    world.erase_all()
    _is_verified(world)


def test_a_correction_that_landed_later_still_counts(world: World) -> None:
    filled(world)
    world.erase_all()
    [bob] = (
        world.events()
        .filter(pl.col("patient") == BOB, pl.col("ward") == "east", pl.col("at").dt.day() == 1)[
            "cost"
        ]
        .to_list()
    )
    assert bob == 20.0


def test_a_file_whose_versions_went_may_be_withdrawn_and_dropped_again(world: World) -> None:
    filled(world)
    world.erase_all()
    rows = [visit(ANN, 1), visit(BOB, 1, cost=90.0), visit(ANN, 2, "west"), visit(BOB, 2)]
    before = world.events()
    world.drop("visits/a.csv", rows)
    assert world.events().equals(before)
    assert [place for place in world.found() if not place.startswith("landing/")] == []
    world.erase_all()
    assert world.found() == []
    assert world.events().equals(before)


def test_what_is_not_compacted_or_still_written_waits(world: World) -> None:
    filled(world)
    world.predict(ANN, BOB, compacted=False)
    told = world.erase()
    assert [text for text in told.waiting if "not compacted" in text]
    assert told.finished_at is None


def test_the_record_says_what_was_removed_and_not_whose(world: World) -> None:
    used(filled(world))
    passes = world.erase_all()
    key = state_keys.ERASURES / Subject.of(PROBLEM, {"patient": ANN}).identity
    record = world.state.find("visits", key)
    assert record is not None and record.asked_by == "ann" and record.finished_at
    assert record.models == ("r1",) and record.columns == ("patient",)
    for place, one in passes[0].removed.items():
        assert record.removed[place].rows == one.rows
