"""Outcomes dropped, repeated, corrected, withdrawn, told in any order and after kills, while checks
of performance come early, late, or not at all: once everything has arrived, and is mature, what is
on record of each window is what judging it then says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ghosteam.documents import batch_events, state_keys
from ghosteam.runtime.turns import without_end
from ghosteam.steps import changed_windows
from ghosteam.steps.windows_to_judge import WindowsToJudge, tell_batch
from tests.unit.features.files import happens
from tests.unit.features.oracle import RIDES
from tests.unit.features.rides import DAY, HOUR, START
from tests.unit.features.test_labels_in_any_order import RIDES as LABELLED
from tests.unit.monitoring.judged import (
    ENDS,
    Judged,
    JudgedByLabels,
    JudgedWithoutWindows,
    watched,
)

IDS = {"": lambda row: row[:2], "id: [rider]": lambda row: row[0]}
"""What a ride is told by: another start makes it another one, or moves it in time."""


@pytest.mark.parametrize("windows", [True, False], ids=["windows", "no windows"])
@pytest.mark.parametrize("id", IDS)
def test_outcomes_in_the_rows_of_events_are_judged_as_they_count_in_the_end(
    id: str, windows: bool
) -> None:
    text = RIDES.format(id=id).replace("+ 1h}", "+ 1h, matures: 25d}")
    problem = watched(text if windows else text.partition("  windows:")[0])
    kind = Judged if windows else JudgedWithoutWindows
    happens(lambda: kind(problem, IDS[id]), examples=10)


@pytest.mark.parametrize("absent", ["", ", matures: 30d, absent: false"], ids=["told", "no"])
@pytest.mark.parametrize("id", IDS)
def test_labels_are_judged_as_they_count_in_the_end(id: str, absent: str) -> None:
    starts = "" if id else "starts: timestamp,"
    problem = watched(LABELLED.format(id=id, starts=starts, absent=absent))
    happens(lambda: JudgedByLabels(problem, IDS[id]), examples=10)


def test_the_newest_window_is_judged_when_it_is_mature_whatever_calls_the_check() -> None:
    machine = Judged(
        watched(RIDES.format(id="").replace("+ 1h}", "+ 1h, matures: 25d}")),
        lambda ride: ride[:2],
    )
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/rides/a.csv", ((1, START + DAY + 12 * HOUR, "red", 9.0),))
    machine.settle(0)
    key = state_keys.PERFORMANCE_VERDICTS / ENDS[1].isoformat()
    found = machine.state.get("rides", key)
    assert found is not None
    machine.state.delete("rides", found)
    machine.land("rides/rides/b.csv", ((2, START + DAY + 12 * HOUR, "red", 9.0),))
    machine.work_through()
    assert machine.labels_judged(1) is None, "it is not complete yet"
    machine.now = ENDS[1] + 25 * DAY
    machine._check()
    judged = machine.state.find("rides", key)
    assert judged is not None and (judged.labels, judged.predictions) == (2, 2)


def test_an_event_that_goes_takes_its_label_from_a_window_that_was_judged() -> None:
    problem = watched(LABELLED.format(id="", starts="starts: timestamp,", absent=""))
    machine = JudgedByLabels(problem, lambda row: row[:2])
    first, second = START + 12 * HOUR, START + DAY + 12 * HOUR
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/rides/a.csv", ((1, first, "red", 3.0), (1, second, "red", 3.0)))
    machine.land("rides/notes/a.csv", ((1, second, 9.0, START + 3 * DAY, "desk"),))
    machine.settle(0)
    assert machine.labels_judged(1) == 1
    machine.land("rides/rides/a.csv", ((1, first, "red", 3.0),))
    machine.settle(0)
    assert machine.labels_judged(1) == 0


@pytest.mark.parametrize("windows", [True, False], ids=["windows", "no windows"])
def test_an_event_that_moves_in_time_leaves_a_window_that_was_judged_and_comes_back(
    windows: bool,
) -> None:
    text = RIDES.format(id="id: [rider]")
    problem = watched(text if windows else text.partition("  windows:")[0])
    machine = (Judged if windows else JudgedWithoutWindows)(problem, IDS["id: [rider]"])
    first, second = START + 12 * HOUR, START + DAY + 12 * HOUR
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/rides/a.csv", ((1, first, "red", 9.0), (2, second, "red", 9.0)))
    machine.settle(0)
    assert machine.labels_judged(0) == 1
    machine.land("rides/rides/b.csv", ((1, second, "red", 9.0),))
    machine.settle(0)
    assert machine.labels_judged(0) == 0
    machine.delete(machine.keys.index("rides/rides/b.csv"), False)
    machine.settle(0)
    assert machine.labels_judged(0) == 1
    machine.land("rides/rides/a.csv", ((1, second, "red", 9.0), (2, second, "red", 9.0)))
    machine.settle(0)
    assert machine.labels_judged(0) == 0


@pytest.mark.parametrize(("days", "labels"), [(29, 0), (40, 1)])
def test_an_event_without_marks_is_looked_for_as_far_around_as_outcomes_reach(
    days: int, labels: int
) -> None:
    text = RIDES.format(id="id: [rider]").partition("  windows:")[0]
    machine = JudgedWithoutWindows(watched(text), IDS["id: [rider]"])
    noon = START + 12 * HOUR
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/rides/a.csv", ((1, noon, "red", 9.0), (2, noon + DAY, "red", 9.0)))
    machine.work_through()
    assert machine.labels_judged(0) == 1
    machine.land("rides/rides/b.csv", ((1, noon - days * DAY, "red", 9.0),))
    machine.work_through()
    assert machine.labels_judged(0) == labels


@pytest.mark.parametrize("id", IDS)
def test_a_label_that_landed_before_its_event_is_judged_when_the_event_lands(id: str) -> None:
    starts = "" if id else "starts: timestamp,"
    machine = JudgedByLabels(watched(LABELLED.format(id=id, starts=starts, absent="")), IDS[id])
    first, second = START + 12 * HOUR, START + DAY + 12 * HOUR
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/notes/a.csv", ((1, first, 9.0, START + 3 * DAY, "desk"),))
    machine.work_through()
    machine.land("rides/rides/a.csv", ((1, first, "red", 3.0),))
    machine.work_through()
    assert machine.labels_judged(0) is None, "it is not complete yet"
    machine.land("rides/rides/b.csv", ((2, second, "red", 3.0),))
    machine.work_through()
    assert machine.labels_judged(0) == 1


@pytest.mark.parametrize("labelled", [True, False], ids=["labels", "rides"])
def test_a_row_that_another_contract_refuses_takes_its_outcome_from_a_window_that_was_judged(
    labelled: bool,
) -> None:
    text = LABELLED if labelled else RIDES
    text = text.format(id="", starts="starts: timestamp,", absent="")
    machine = (JudgedByLabels if labelled else Judged)(watched(text), IDS[""])
    first, second = START + 12 * HOUR, START + DAY + 12 * HOUR
    told = (START + 3 * DAY, "desk")
    machine.land("rides/buses/a.csv", (("red", 20),))
    if labelled:
        machine.land("rides/rides/a.csv", ((1, first, "red", 3.0), (1, second, "red", 3.0)))
        machine.land("rides/notes/a.csv", ((1, first, 9.0, *told), (1, second, 1.0, *told)))
    else:
        machine.land("rides/rides/a.csv", ((1, first, "red", 9.0), (1, second, "red", 1.0)))
    machine.work_through()
    assert machine.labels_judged(0) == 1
    bounded = "delay: {type: number, nullable: true, max: 8}"
    machine.problem = watched(text.replace('delay: "number?"', bounded))
    machine.validation = replace(machine.validation, problems={"rides": machine.problem})
    for batch in machine.ledger.all("rides", "notes" if labelled else "rides"):
        machine.bus.publish(batch_events.ingested(batch, batch.source.key))
    machine.work_through()
    assert machine.labels_judged(0) == 0


def test_windows_that_were_judged_are_judged_again_however_many_a_file_corrects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Judged(watched(RIDES.format(id="")), IDS[""])
    starts = [START + day * DAY + 12 * HOUR for day in range(3)]
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/rides/a.csv", tuple((1, at, "red", None) for at in starts))
    machine.work_through()
    assert [machine.labels_judged(place) for place in (0, 1)] == [0, 0]
    monkeypatch.setattr(changed_windows, "AT_ONCE", 1)
    machine.land("rides/rides/b.csv", tuple((1, at, "red", 9.0) for at in starts))
    machine.work_through()
    assert [machine.labels_judged(place) for place in (0, 1)] == [1, 1]


def test_what_concerns_all_batches_that_wait_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Judged(watched(RIDES.format(id="id: [rider]")), IDS["id: [rider]"])
    machine.land("rides/buses/a.csv", (("red", 20),))
    for rider, file in enumerate("abc"):
        machine.land(f"rides/rides/{file}.csv", ((rider, START + 12 * HOUR, "red", 9.0),))
    machine.work_through()
    batches = list(machine.ledger.all("rides", "rides"))
    for batch in batches:
        tell_batch(machine.state, batch)
    asked, get = list[str](), machine.state.get

    def noted(problem: str, key: Any) -> Any:
        asked.append(key.text)
        return get(problem, key)

    monkeypatch.setattr(machine.state, "get", noted)
    monkeypatch.setattr(changed_windows, "AT_ONCE", 1)
    waiting = WindowsToJudge(machine.problem, machine.state)
    told = {"now": machine.now, "adapters": machine.monitoring, "more": without_end}
    assert len(batches) == 3
    assert changed_windows.find_windows(machine.problem, waiting, **told) == []
    assert not waiting.batches()
    for key in (state_keys.ROUTING, state_keys.INDEX_BACKFILLS / "rides"):
        assert asked.count(key.text) == 1, key


def test_a_crowd_of_posts_is_judged_by_one_check_and_what_comes_meanwhile_by_another() -> None:
    machine = JudgedByLabels(
        watched(LABELLED.format(id="", starts="starts: timestamp,", absent="")),
        lambda row: row[:2],
    )
    assert isinstance(machine, JudgedByLabels)
    rides = [(rider, START + day * DAY + 12 * HOUR) for rider in (1, 2) for day in (0, 1)]
    machine.land("rides/buses/a.csv", (("red", 20),))
    machine.land("rides/rides/a.csv", tuple((*ride, "red", 3.0) for ride in rides))
    machine.settle(0)
    listed = 0

    def list_counted(prefix: str, *, start_after: str = "") -> object:
        nonlocal listed
        listed += 1
        return type(machine.lake).list(machine.lake, prefix, start_after=start_after)

    machine.lake.list = list_counted  # type: ignore[assignment,method-assign]
    for number in range(40):
        delay = float(number % 12)
        note = (*rides[number % 4], delay, START + 3 * DAY, f"desk {number}")
        machine.land(f"rides/notes/{number}.csv", (note,))
    while machine.waiting:
        machine.deliver(0, None)
    calls = []
    while machine.bus.events:
        event = machine.bus.events.pop(0)
        if event.type == "FeaturesMaterialized":
            calls.append(event)
        else:
            machine._act(event)
    assert len(calls) == 40 and listed == 0
    machine._act(calls[0])
    once = listed
    assert once > 0
    for call in calls[1:]:
        machine._act(call)
    assert listed == once, "nobody else had anything to do"
    machine.settle(0)
