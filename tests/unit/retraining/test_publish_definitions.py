"""Definitions come into force: once, with the work that their changes make necessary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from weakref import ReferenceType, ref

import pytest

from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.event import Event
from ghosteam.problem.definition import digest_of, read, written
from ghosteam.problem.spec import Problem
from ghosteam.retraining.changes import DatasetSize, Folder
from ghosteam.steps.made_anew import Publishing
from ghosteam.steps.publish_definitions import (
    held_by,
    planned,
    publish_all,
    publish_definition,
)
from tests import documents
from tests.accounts import Account
from tests.unit.retraining.test_changes import (
    _a_joined_column,
    _a_longer_window,
    _another_target,
    _another_type,
    edited,
)


@pytest.fixture
def publishing(account: Account) -> Publishing:
    return Publishing(account.state, account.artifacts, account.bus)  # type: ignore[arg-type]


@pytest.fixture
def landed(account: Account) -> Account:
    """Two batches of flights, one of planes, and a model that serves."""
    account.add_batch("flights", "f1", "2013-01-01", "2013-02-01")
    account.add_batch("flights", "f2", "2013-02-01", "2013-03-01")
    account.add_batch("planes", "p1")
    account.state.put("flights", state_keys.ROUTING, documents.routing(documents.slot("1")))
    return account


def _published(account: Account) -> list[tuple[str, Any]]:
    found = [(event.type, event.ids.get("batch_id")) for event in account.bus.events]
    account.bus.events.clear()
    return found


def test_the_first_time_everything_there_is_is_made_and_then_nothing(
    landed: Account, publishing: Publishing, flights: Problem, now: datetime
) -> None:
    change = publish_definition(Folder(flights), publishing, now=now)
    assert change is not None
    assert set(_published(landed)) == {
        ("BatchValidated", "f1"),
        ("BatchValidated", "f2"),
        ("BatchValidated", "p1"),
    }
    digest = digest_of(written(flights))
    kept = landed.artifacts.get_json(keys.definition("flights", digest))
    assert read(kept) == flights
    assert publish_definition(Folder(flights), publishing, now=now) is None
    assert _published(landed) == []


def test_work_goes_where_files_of_all_days_go(
    landed: Account, publishing: Publishing, flights: Problem, now: datetime
) -> None:
    publish_definition(Folder(flights), publishing, now=now)
    landed.bus.events.clear()
    changed = edited(flights, _a_joined_column)
    publish_definition(Folder(changed), publishing, now=now)
    assert _published(landed) == [("BatchValidated", "p1"), ("DefinitionChanged", None)]
    publish_definition(Folder(edited(changed, _a_longer_window)), publishing, now=now)
    assert _published(landed) == [
        ("BatchValidated", "f1"),
        ("BatchValidated", "f2"),
        ("DefinitionChanged", None),
    ]
    publish_definition(Folder(edited(changed, _another_type)), publishing, now=now)
    told = _published(landed)
    # It is read, and validated by what reads it; the window goes back to what it was.
    assert told[0] == ("ReadAgain", "p1")
    assert ("BatchIngested", "p1") not in told


def test_contract_code_validates_again_and_says_why(
    landed: Account, publishing: Publishing, flights: Problem, now: datetime
) -> None:
    publish_definition(Folder(flights, "1"), publishing, now=now)
    landed.bus.events.clear()
    change = publish_definition(Folder(flights, "2"), publishing, now=now)
    assert change is not None
    assert change.differences == ("the contract's code was changed",)
    assert _published(landed) == [("BatchIngested", "f1"), ("BatchIngested", "f2")]


def test_what_dies_in_the_middle_is_done_when_it_is_asked_again(
    landed: Account, publishing: Publishing, flights: Problem, now: datetime
) -> None:
    publish_definition(Folder(flights), publishing, now=now)
    landed.bus.events.clear()
    changed = Folder(edited(flights, _another_target))

    class Dying:
        def __init__(self, lives: int) -> None:
            self.lives = lives

        def publish(self, event: Event) -> None:
            if not self.lives:
                raise RuntimeError("killed")
            self.lives -= 1
            landed.bus.publish(event)

        def publish_all(self, events: Iterable[Event]) -> None:
            for event in events:
                self.publish(event)

    whole = set[Any]()
    for lives in range(3):
        landed.bus.events.clear()
        dying = Publishing(landed.state, landed.artifacts, Dying(lives))  # type: ignore[arg-type]
        with pytest.raises(RuntimeError, match="killed"):
            publish_definition(changed, dying, now=now)
    publish_definition(changed, publishing, now=now)
    whole = set(_published(landed))
    assert whole == {
        ("BatchIngested", "f1"),
        ("BatchIngested", "f2"),
        ("DefinitionChanged", None),
    }
    assert publish_definition(changed, publishing, now=now) is None


def test_the_plan_is_what_is_carried_out(
    landed: Account, publishing: Publishing, flights: Problem, now: datetime
) -> None:
    publish_definition(Folder(flights), publishing, now=now)
    changed = Folder(edited(flights, _another_target))
    shown = planned(changed, publishing, now=now)
    assert publish_definition(changed, publishing, now=now) == shown
    on_record = [found.data for found in landed.state.list("flights", state_keys.CHANGES)]
    assert on_record[-1] == shown


class Passing:
    """A ledger of nine batches a data set that sees how many of them somebody keeps."""

    def __init__(self) -> None:
        self.given: list[ReferenceType[BatchRecord]] = []
        self.kept = 0

    def all(self, problem: str, dataset: str) -> Iterator[BatchRecord]:
        for number in range(9):
            batch = documents.batch(status="validated" if number else "ingesting")
            self.given.append(ref(batch))
            yield batch
            self.kept = max(self.kept, sum(one() is not None for one in self.given))


def test_batches_are_counted_without_being_kept(flights: Problem) -> None:
    ledger = Passing()
    held = held_by(flights, ledger)  # type: ignore[arg-type]
    assert held == dict.fromkeys(flights.datasets, DatasetSize(8, 8 * 12))
    assert ledger.kept == 1


def test_all_folders_of_a_deployment_are_published(
    landed: Account, publishing: Publishing, flights: Problem, now: datetime
) -> None:
    other = flights.model_copy(update={"problem": "other"})
    folders = {"flights": Folder(flights), "other": Folder(other)}
    changes = publish_all(folders, publishing, now=now)
    assert [change.problem for change in changes] == ["flights", "other"]
    assert publish_all(folders, publishing, now=now) == []


def test_a_folder_that_is_gone_is_withdrawn_once(
    landed: Account, publishing: Publishing, flights: Problem, now: datetime
) -> None:
    other = flights.model_copy(update={"problem": "other"})
    folders = {"flights": Folder(flights), "other": Folder(other)}
    publish_all(folders, publishing, now=now)
    del folders["flights"]
    [removal] = publish_all(folders, publishing, now=now)
    assert (removal.problem, removal.after) == ("flights", None)
    stages = [(stage.kind, stage.skipped) for stage in removal.stages]
    assert stages == [("retire", None), ("remove", None)]
    told = [event.problem for event in landed.bus.events if event.type == "ProblemWithdrawn"]
    assert told == ["flights"]
    assert publish_all(folders, publishing, now=now) == []
    [again] = publish_all({**folders, "flights": Folder(flights)}, publishing, now=now)
    assert again.differences[0] == "the problem is new"
