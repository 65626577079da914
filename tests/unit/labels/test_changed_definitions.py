"""What an outcome is, is said by labels too: what follows from a change of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ghosteam.aws.batches import BatchLedger
from ghosteam.documents.batch import LandedObject
from ghosteam.features.views import views_version
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.retraining.changes import DatasetSize, Folder, plan_change
from ghosteam.steps.data_at_hand import arriving, batches_online, made_anew, note_materialized
from ghosteam.steps.made_anew import Publishing
from ghosteam.steps.publish_definitions import publish_definition
from tests import documents
from tests.unit.data.memory import MemoryObjects, MemoryState
from tests.unit.data.world import Kill, RecordingBus

RIDES = """
version: 1
problem: rides
task: binary
entities: {rider: [rider]}
event_time: starts
target: {name: late, expr: delay > 5, known_at: told}
datasets:
  rides: {role: events, columns: {rider: integer, starts: timestamp, line: string}}
  notes:
    role: labels
    of: rides
    columns: {rider: integer, starts: timestamp, delay: "number?", told: "timestamp?", desk: string}
features:
  request: [line]
  windows: [{name: late_2d, by: [line], rate: late, over: 2d}]
"""
NOW = datetime(2024, 3, 1, tzinfo=UTC)
HELD = {"rides": DatasetSize(2, 20), "notes": DatasetSize(3, 7)}
VALIDATED = {("validate", "rides"), ("validate", "notes")}
WINDOW = ("rebuild", "late_2d")
LEARNED = ("retrain", "rides")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("desk: string", 'desk: "string?"', {("validate", "notes")}),
        ("desk: string", "desk: integer", {("read", "notes"), ("validate", "notes")}),
        ('"number?"', "{type: number, nullable: true, max: 90}", {("validate", "notes")}),
        ('"number?"', '"integer?"', {("read", "notes"), *VALIDATED, LEARNED}),
        ("delay > 5", "delay > 9", {*VALIDATED, LEARNED}),
        ("known_at: told", "known_at: starts + 1d", {*VALIDATED, LEARNED}),
        ("over: 2d", "over: 3d", {WINDOW, LEARNED}),
        # The batches of events bring their windows up to date, those of labels are told again.
        (
            "line: string",
            "line: integer",
            {("read", "rides"), ("validate", "rides"), ("callers", "rides"), WINDOW, LEARNED},
        ),
    ],
)
def test_what_is_made_anew(old: str, new: str, expected: set[tuple[str, str]]) -> None:
    before, after = parse_problem(RIDES), parse_problem(RIDES.replace(old, new))
    change = plan_change("rides", Folder(before), Folder(after), held=HELD, serves=True, now=NOW)
    done = {(one.kind, one.subject) for one in change.stages if one.skipped is None}
    assert done == expected


def test_outcomes_that_come_by_themselves_from_now_on_are_others() -> None:
    begin, end = RIDES.index("  notes:"), RIDES.index("features:")
    own = RIDES[:begin].replace(
        "line: string", 'line: string, delay: "number?", told: "timestamp?"'
    )
    change = plan_change(
        "rides",
        Folder(parse_problem(own + RIDES[end:])),
        Folder(parse_problem(RIDES)),
        held={"rides": HELD["rides"]},
        serves=True,
        now=NOW,
    )
    done = {(one.kind, one.subject) for one in change.stages if one.skipped is None}
    assert done == {("read", "rides"), ("validate", "rides"), LEARNED}


class World:
    """Two batches of rides and one of notes, in memory."""

    def __init__(self) -> None:
        self.state, self.bus = MemoryState(Kill()), RecordingBus(Kill())
        self.artifacts = MemoryObjects("artifacts", Kill())
        self.ledger = BatchLedger(self.state)
        for number, (dataset, batch_id) in enumerate(
            (("rides", "r1"), ("rides", "r2"), ("notes", "n1"))
        ):
            key, at = f"rides/{dataset}/{batch_id}.csv", NOW.isoformat()
            source = LandedObject("l", key, None, f"{number}", 1, at)
            record = documents.batch(
                batch_id,
                problem="rides",
                dataset=dataset,
                source=source,
                received_at=NOW.isoformat(),
                min_time=NOW.isoformat(),
                max_time=NOW.isoformat(),
            )
            self.ledger.advance(record, until=())
            self.ledger.land(record, source)

    def publish(self, problem: Problem, *, now: datetime) -> list[tuple[str, str]]:
        """What is told when a folder comes into force."""
        publishing = Publishing(self.state, self.artifacts, self.bus)
        publish_definition(Folder(problem), publishing, now=now)
        told = [(event.type, str(event.ids.get("batch_id"))) for event in self.bus.events]
        self.bus.events.clear()
        return told

    def note(self, problem: Problem, dataset: str, batch_id: str) -> None:
        """A batch was materialized."""
        note_materialized(
            problem,
            dataset,
            batch_id,
            view_version=views_version(problem, dataset),
            state=self.state,
            now=NOW,
        )


def test_windows_of_another_version_follow_labels_as_they_do_events() -> None:
    world, problem = World(), parse_problem(RIDES)
    every = {("BatchValidated", name) for name in ("r1", "r2", "n1")}
    assert set(world.publish(problem, now=NOW)) == every
    assert sorted(made_anew(problem, world.state, now=NOW)) == [
        "notes n1.csv",
        "rides r1.csv",
        "rides r2.csv",
    ]
    assert len(list(arriving(problem, world.state, now=NOW))) == 3
    for dataset, batch_id in (("rides", "r1"), ("rides", "r2"), ("notes", "n1")):
        world.note(problem, dataset, batch_id)
    assert not list(made_anew(problem, world.state, now=NOW))
    online = batches_online(problem, world.state)
    assert {name: len(found) for name, found in online.batches.items()} == {"rides": 2, "notes": 1}
    assert online.available_at["notes/n1"] == NOW
    longer = parse_problem(RIDES.replace("over: 2d", "over: 3d"))
    told = world.publish(longer, now=NOW + timedelta(hours=1))
    assert set(told) == every
    assert not any(batches_online(longer, world.state).batches.values())


def test_without_windows_labels_and_events_are_told_apart_by_what_an_outcome_is() -> None:
    text = RIDES[: RIDES.index("  windows:")]
    problem = parse_problem(text)
    stricter = parse_problem(text.replace("delay > 5", "delay > 9"))
    for dataset in ("rides", "notes"):
        version = views_version(problem, dataset)
        assert version and version != views_version(stricter, dataset)
    assert {name for name in problem.datasets if views_version(problem, name)} == {"rides", "notes"}
