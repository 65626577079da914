"""What a changed folder makes necessary is put on the queues part by part: in turns, by killed
processes, by two at once, and overtaken by another folder.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ghosteam.aws.batches import BatchLedger
from ghosteam.documents import state_keys
from ghosteam.errors import Unfinished
from ghosteam.problem.spec import Problem
from ghosteam.retraining.changes import Folder
from ghosteam.runtime.turns import More, without_end
from ghosteam.steps.data_at_hand import made_anew
from ghosteam.steps.made_anew import Publishing
from ghosteam.steps.publish_definitions import planned, publish_all, publish_definition
from ghosteam.steps.rebuild import rebuild
from tests import documents
from tests.unit.data.memory import MemoryObjects, MemoryState
from tests.unit.data.world import Kill, Killed, RecordingBus
from tests.unit.retraining.test_changes import _another_target, edited

FLIGHTS = [f"f{n}" for n in range(7)]
PLANES = [f"p{n}" for n in range(4)]
AGAIN = {("BatchIngested", name) for name in FLIGHTS}
WRITES = 17
"""Of a change: of definition, change and work; seven events and four records of how far it is; two
that it is in force and nothing is left, and that it was told.
"""


class World:
    """Batches of two data sets, in memory; two of them are put on the queues at once."""

    def __init__(self, flights: Problem, now: datetime) -> None:
        self.kill, self.now = Kill(), now
        self.bus = RecordingBus(self.kill)
        state, artifacts = MemoryState(self.kill), MemoryObjects("artifacts", self.kill)
        self.publishing = Publishing(state, artifacts, self.bus, part=2)
        self.state = state
        for dataset, names in (("flights", FLIGHTS), ("planes", PLANES)):
            for name in names:
                batch = documents.batch(name, dataset=dataset)
                state.put("flights", state_keys.batch(dataset, name), batch)
        self.before = Folder(flights, "1")
        self.after = Folder(edited(flights, _another_target), "1")
        publish_definition(self.before, self.publishing, now=now)
        self.bus.events.clear()

    def told(self) -> Counter[tuple[str, Any]]:
        """How often each batch was put on a queue."""
        return Counter(
            (event.type, event.ids["batch_id"])
            for event in self.bus.events
            if "batch_id" in event.ids
        )

    def publish(self, folder: Folder, *, more: More = without_end, at: int | None = None) -> bool:
        """Whether the process came to an end; ``at``: the write before which it is killed."""
        self.now += timedelta(minutes=1)
        self.kill.at = None if at is None else self.kill.calls + at
        try:
            publish_definition(folder, self.publishing, now=self.now, more=more)
        except (Killed, Unfinished):
            return False
        finally:
            self.kill.at = None
        return True

    def is_in_force(self, folder: Folder) -> bool:
        """By all that is on record."""
        published = self.state.find("flights", state_keys.PUBLISHED_DEFINITION)
        left = self.state.find("flights", state_keys.REBUILD)
        digest = planned(folder, self.publishing, now=self.now).after
        assert published is not None
        return left is None and (published.definition, published.code) == (digest, folder.code)


@pytest.fixture
def world(flights: Problem, now: datetime) -> World:
    return World(flights, now)


def one_part() -> bool:
    """A turn that is over when it is asked."""
    return False


def test_turns_go_on_where_the_last_one_stopped(world: World) -> None:
    turns = 1
    while not world.publish(world.after, more=one_part):
        assert not world.is_in_force(world.after)
        assert [e for e in world.bus.events if e.type == "DefinitionChanged"] == []
        turns += 1
    assert world.told() == Counter(AGAIN)
    # Two at once of seven; the last part of all ends the turn with nothing left.
    assert turns == 4
    assert world.is_in_force(world.after)
    changes = list(world.state.list("flights", state_keys.CHANGES))
    assert len(changes) == 2, "one change, however many turns it took"


@pytest.mark.parametrize("at", range(WRITES))
def test_a_killed_process_costs_a_part_at_most(world: World, at: int) -> None:
    assert not world.publish(world.after, at=at)
    assert world.publish(world.after)
    told = world.told()
    assert told.keys() == AGAIN
    assert sum(told.values()) <= len(AGAIN) + world.publishing.part
    assert world.is_in_force(world.after)
    world.bus.events.clear()
    assert world.publish(world.after)
    assert world.bus.events == []


def test_whoever_is_killed_again_and_again_comes_to_the_end(world: World) -> None:
    tries = 1
    while not world.publish(world.after, at=6):
        tries += 1
        assert tries < 20
    assert world.told().keys() == AGAIN and world.is_in_force(world.after)


def test_two_at_once_do_it_twice_at_most(world: World) -> None:
    def meanwhile() -> bool:
        """Between two parts another process does all of it."""
        assert world.publish(world.after)
        return True

    world.publish(world.after, more=meanwhile)
    assert max(world.told().values()) <= 2 and world.told().keys() == AGAIN
    assert world.is_in_force(world.after)


@pytest.mark.parametrize("at", range(4, WRITES))
def test_what_was_begun_and_taken_back_is_made_as_before(world: World, at: int) -> None:
    assert not world.publish(world.after, at=at)
    world.bus.events.clear()
    begun = world.state.find("flights", state_keys.REBUILD) is not None
    shown = planned(world.before, world.publishing, now=world.now)
    assert world.publish(world.before)
    told = world.told().keys()
    if begun:
        assert told >= AGAIN, "some of them were judged by what never came into force"
        assert "batches may have been made by a folder that is not in force" in shown.differences
    assert world.is_in_force(world.before)
    retrained = [event for event in world.bus.events if event.type == "DefinitionChanged"]
    assert retrained == [], "nobody was told of the one or the other"


def test_a_third_folder_makes_anew_what_both_before_it_made(world: World) -> None:
    assert not world.publish(world.after, more=one_part)
    third = replace(world.before, code="2")
    assert not world.publish(third, more=one_part)
    begun = world.state.find("flights", state_keys.REBUILD)
    assert begun is not None and len(begun.begun) == 2 and begun.wanted.code == "2"
    world.bus.events.clear()
    assert world.publish(world.before)
    assert world.told().keys() >= AGAIN
    assert world.is_in_force(world.before)


def test_runs_wait_while_batches_wait(world: World) -> None:
    batch = documents.batch("f1")
    BatchLedger(world.state).land(batch, batch.source)
    problem, state = world.after.problem, world.state
    world.now += timedelta(days=3)
    assert list(made_anew(problem, state, now=world.now)) == []
    assert not world.publish(world.after, more=one_part)
    assert list(made_anew(problem, state, now=world.now)) == ["flights f1.csv"]
    # Nobody works on it any more.
    assert list(made_anew(problem, state, now=world.now + timedelta(days=2))) == []


def test_a_deployment_announces_what_it_has_no_time_for(world: World) -> None:
    other = world.before.problem.model_copy(update={"problem": "other"})
    folders = {"flights": world.after, "other": Folder(other)}
    left = iter([True])

    def more() -> bool:
        return next(left, False)

    assert publish_all(folders, world.publishing, now=world.now, more=more) == []
    due = [event.problem for event in world.bus.events if event.type == "RebuildDue"]
    assert due == ["flights", "other"]
    for name in due:
        while rebuild(folders[name], world.publishing, now=world.now, more=one_part):
            pass
    assert world.told() == Counter(AGAIN) and world.is_in_force(world.after)
    assert world.state.find("other", state_keys.PUBLISHED_DEFINITION) is not None
    world.bus.events.clear()
    for name in due:
        assert not rebuild(folders[name], world.publishing, now=world.now, more=one_part)
    assert world.bus.events == []


def test_a_folder_that_is_gone_is_worked_on_no_more(world: World) -> None:
    assert not world.publish(world.after, more=one_part)
    publish_all({"flights": world.after}, world.publishing, now=world.now, more=one_part)
    world.bus.events.clear()
    publish_all({}, world.publishing, now=world.now)
    assert [event.type for event in world.bus.events] == ["ProblemWithdrawn"]
    assert world.state.find("flights", state_keys.PUBLISHED_DEFINITION) is None
    assert not rebuild(None, world.publishing, now=world.now, more=one_part)
    # Its online rows are gone: nothing is done of what was done then.
    world.bus.events.clear()
    assert world.publish(world.after)
    assert world.told().keys() >= AGAIN and len(world.told()) == len(FLIGHTS) + len(PLANES)


@pytest.mark.parametrize("at", [None, *range(5)])
def test_a_folder_that_comes_back_as_another_judges_what_the_first_one_let_in(
    world: World, at: int | None
) -> None:
    def withdraw() -> None:
        publish_all({}, world.publishing, now=world.now)

    publish_all({"flights": world.before}, world.publishing, now=world.now)
    world.kill.at = None if at is None else world.kill.calls + at
    with suppress(Killed):
        withdraw()
    world.kill.at = None
    withdraw()
    world.bus.events.clear()
    assert world.publish(world.after)
    told = world.told().keys()
    assert told >= AGAIN
    # What is only looked up is as it was, but online no more.
    assert {("BatchValidated", name) for name in PLANES} <= told
    assert world.is_in_force(world.after)
