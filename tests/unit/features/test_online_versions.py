"""What nobody needs goes from the online table, wherever the process is killed; what somebody holds
stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ghosteam.documents import keys, state_keys
from ghosteam.documents.approval import Approval
from ghosteam.documents.counted_batch import CountedBatch, Place
from ghosteam.documents.waiting_rollout import WaitingRollout
from ghosteam.documents.window_step import WindowStep
from ghosteam.errors import Unfinished
from ghosteam.features.online_versions import versions_of
from ghosteam.features.views import online_table, views_of, windows_version
from ghosteam.problem.definition import written
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.turns import More, without_end
from ghosteam.steps.definitions import Definitions, problems_online
from ghosteam.steps.online_versions import OnlineStore
from tests import documents
from tests.documents import DAY
from tests.unit.data.memory import MemoryObjects, MemoryState, MemoryTables
from tests.unit.data.world import Kill, Killed, RecordingBus
from tests.unit.features.conftest import TRIPS

NOW = parse_problem(TRIPS)
BEFORE = parse_problem(TRIPS.replace("over: 2d", "over: 3d").replace("weather.sky, ", ""))
OTHER = parse_problem(TRIPS.replace("problem: trips", "problem: trips_of_others"))
ROWS = 70


class Account:
    """Rows of two versions of each view that changed, and of another problem."""

    def __init__(self) -> None:
        self.kill = Kill()
        self.state, self.online = MemoryState(self.kill), MemoryTables(self.kill)
        self.artifacts, self.bus = MemoryObjects("artifacts", self.kill), RecordingBus(self.kill)
        for problem in (NOW, BEFORE, OTHER):
            for view in views_of(problem):
                for number in range(ROWS):
                    identity = f"{problem.problem}.{view.name}@{view.version}#{number:032x}"
                    item = {"entity_id": {"S": identity}}
                    self.online.items[online_table("on"), identity] = item
        version = windows_version(BEFORE)
        step = WindowStep(7, made=True)
        self.state.put("trips", state_keys.WINDOW_STEPS / version, step)
        for number in range(3):
            batch = documents.batch(f"{number:x}", problem="trips", dataset="trips", parts=1)
            held = state_keys.applied_counted_batches(version, "trips") / f"t#{number}"
            place = Place("trips/trips/a.csv", DAY.isoformat(), "1")
            self.state.put("trips", held, CountedBatch(batch, (place,)))

    def store(self) -> OnlineStore:
        return OnlineStore("trips", self.state, self.online, "on")  # type: ignore[arg-type]

    def turn(self, more: More = without_end) -> int:
        """What the clock asks for."""
        others = problems_online(NOW, self.state, Definitions(self.artifacts))
        self.store().follow_needs(NOW, others, self.bus, more=more)
        return self.store().remove_unneeded([NOW, *others], more=more)

    def keep_definition(self, problem: Problem) -> str:
        return documents.keep_definition(self.artifacts, problem)

    def plan(self, problem: Problem) -> None:
        plan = documents.plan("trips", "r1", definition=written(problem))
        self.artifacts.put_json(keys.plan("trips", "r1"), plan.to_json())

    def there(self) -> set[str]:
        return {identity.partition("#")[0] for _, identity in self.online.items}

    def everything(self) -> tuple[Any, ...]:
        documents = {key: text for key, (_, text) in self.state._documents.items()}
        return sorted(self.online.items), documents


def needed_by(*problems: Problem) -> set[str]:
    return {f"{p.problem}.{view.name}@{view.version}" for p in problems for view in views_of(p)}


def test_versions_that_nobody_needs_go_and_others_stay() -> None:
    account = Account()
    changed = len(needed_by(BEFORE) - needed_by(NOW))
    assert changed == 2, "the window and the weather; not the buses"
    assert account.turn() == changed * ROWS
    assert account.there() == needed_by(NOW, OTHER)
    assert not list(account.state.list("trips", state_keys.WINDOW_STEPS))
    assert not list(account.state.list("trips", state_keys.APPLIED_COUNTED_BATCHES))
    assert account.turn() == 0


def _slot(role: str) -> Callable[[Account], None]:
    def hold(account: Account) -> None:
        make = documents.challenger if role == "challenger" else documents.slot
        slots: Any = {
            "champion": documents.slot("2"),
            role: make("1", definition=account.keep_definition(BEFORE)),
        }
        account.state.put("trips", state_keys.ROUTING, documents.routing(**slots))

    return hold


def _work(key: state_keys.Key[Any], document: Any) -> Callable[[Account], None]:
    def hold(account: Account) -> None:
        account.plan(BEFORE)
        account.state.put("trips", key, document)

    return hold


HELD = {
    "champion": _slot("champion"),
    "canary": _slot("challenger"),
    "way back": _slot("replaced"),
    "run": _work(state_keys.RETRAINING_LEASE, documents.retraining_lease("r1")),
    "rollout": _work(state_keys.ROLLOUT_LEASE, documents.rollout_lease("3", run_id="r1")),
    "waiting": _work(
        state_keys.WAITING_ROLLOUT, WaitingRollout(run_id="r1", version="3", since=DAY)
    ),
    "approval": _work(
        state_keys.APPROVAL, Approval(version="3", run_id="r1", token="t", asked_at=DAY)
    ),
}


@pytest.mark.parametrize("holder", HELD)
def test_what_somebody_holds_stays_until_it_is_let_go(holder: str) -> None:
    account = Account()
    HELD[holder](account)
    assert account.turn() == 0
    assert account.there() == needed_by(NOW, BEFORE, OTHER)
    assert list(account.state.list("trips", state_keys.APPLIED_COUNTED_BATCHES))
    for key in (
        state_keys.ROUTING,
        state_keys.RETRAINING_LEASE,
        state_keys.ROLLOUT_LEASE,
        state_keys.WAITING_ROLLOUT,
        state_keys.APPROVAL,
    ):
        if document := account.state.get("trips", key):
            account.state.delete("trips", document)
    assert account.turn() == 2 * ROWS
    assert account.there() == needed_by(NOW, OTHER)


def test_wherever_it_is_killed_and_repeated_it_ends_the_same() -> None:
    whole = Account()
    whole.turn()
    steps = whole.kill.calls
    begun = Account().kill.calls
    assert steps - begun > 10
    for at in range(steps - begun):
        account = Account()
        account.kill.at = account.kill.calls + at
        with pytest.raises(Killed):
            account.turn()
        account.kill.at = None
        account.turn()
        assert account.everything() == whole.everything(), at


def test_one_that_is_needed_again_while_it_goes_is_removed_whole_and_told_of_all_batches() -> None:
    account = Account()
    batch = documents.batch("b", problem="trips", dataset="trips")
    account.state.put("trips", state_keys.batch("trips", "b"), batch)
    account.kill.at = account.kill.calls + 4
    with pytest.raises(Killed):
        account.turn()
    account.kill.at = None
    assert needed_by(BEFORE) & account.there()
    HELD["rollout"](account)
    account.turn()
    assert account.there() == needed_by(NOW, OTHER), "nothing of before is left"
    assert [(event.type, event.ids["batch_id"]) for event in account.bus.events] == [
        ("BatchValidated", "b")
    ]
    account.turn()
    assert len(account.bus.events) == 1, "it is told once"


def _one(parts: int) -> More:
    """Time for so many parts."""
    left = iter(range(parts))
    return lambda: next(left, None) is not None


@pytest.mark.parametrize("parts", [0, 1, 5])
def test_what_does_not_fit_into_a_turn_goes_on_in_the_next(parts: int) -> None:
    whole, account = Account(), Account()
    whole.turn()
    account.online.page = 30
    turns = 0
    while True:
        turns += 1
        try:
            account.turn(more=_one(parts))
            break
        except Unfinished:
            assert turns < 100
    assert turns > 3 or parts == 5
    assert account.everything() == whole.everything()


def test_a_problem_without_a_folder_leaves_nothing_online_wherever_it_is_killed() -> None:
    def remove(account: Account) -> None:
        while True:
            try:
                account.store().remove_all(more=_one(1))
                return
            except Unfinished:
                continue

    whole = Account()
    whole.online.page = 30
    begun = whole.kill.calls
    remove(whole)
    assert whole.there() == needed_by(OTHER)
    assert not list(whole.state.list("trips", state_keys.WINDOW_STEPS))
    assert not list(whole.state.list("trips", state_keys.APPLIED_COUNTED_BATCHES))
    for at in range(whole.kill.calls - begun):
        account = Account()
        account.online.page = 30
        account.kill.at = account.kill.calls + at
        with pytest.raises(Killed):
            remove(account)
        account.kill.at = None
        remove(account)
        assert account.everything() == whole.everything(), at


def test_a_folder_that_comes_back_finds_nothing_of_before() -> None:
    account = Account()
    account.online.page = 30
    with pytest.raises(Unfinished):
        account.store().remove_all(more=_one(1))
    assert needed_by(NOW) & account.there()
    account.store().follow_needs(NOW, [], account.bus)
    assert account.there() == needed_by(OTHER)
    known = account.state.find("trips", state_keys.ONLINE_VERSIONS)
    assert known is not None and set(known.kept) == versions_of([NOW]) and not known.going


def test_marks_of_events_belong_to_the_version_of_the_windows() -> None:
    version = windows_version(NOW)
    assert {f"event-times@{version}", f"event-labels@{version}"} < versions_of([NOW])
