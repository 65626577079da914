"""What the check of performance reads for outcomes that come on the 10th, the 100th and the 1000th
day of a problem, counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import polars as pl
import pytest

from ghosteam.aws.batches import BatchLedger
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.window_step import WindowStep
from ghosteam.features.views import windows_version
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.changed_windows import OutcomeMonitoring
from ghosteam.steps.check_performance import check_what_waits
from ghosteam.steps.event_rows import EventRows
from ghosteam.steps.labels_at_hand import LabelsAtHand
from ghosteam.steps.windows_to_judge import tell_batch
from tests import documents
from tests.growth import RIDES, CountedObjects, CountedState, CountedTables, Reads
from tests.prediction_log import deliver, prediction
from tests.unit.data.world import Kill, RecordingBus
from tests.unit.labels.test_growth import LABELLED

BARE = RIDES.replace("    - {name: late_7d", "#").replace("    - {name: rides_2d", "#")
FORMS = {
    "id and windows": RIDES,
    "id alone": BARE.replace("  windows:", ""),
    "id and labels": LABELLED,
    "id with its time": RIDES.replace("id: [ride]", "id: [ride, starts]"),
    "no time": """
version: 1
problem: rides
task: binary
entities: {ride: [ride]}
event_time: none
target: {name: late, expr: delay > 5}
datasets:
  rides: {role: events, id: [ride], columns: {ride: integer, line: string, delay: "number?"}}
features: {request: [line]}
""",
}
START, DAY = datetime(2024, 3, 1, tzinfo=UTC), timedelta(days=1)
A_DAY, OUTCOMES_AFTER = 40, 3
LOOKED_AT = (10, 100, 1000)


class Days:
    """An account in memory in which each day the rides of the day land, and the outcomes of those
    of some days ago. The log holds the predictions of the days that are looked at.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem, self.reads = problem, Reads()
        self.lake, self.state = CountedObjects("lake", self.reads), CountedState(self.reads)
        self.online, self.bus = CountedTables(self.reads), RecordingBus(Kill())
        champion = documents.slot("1", metrics={problem.promote.metric: 0.7})
        self.state.put("rides", state_keys.ROUTING, documents.routing(champion))
        version = windows_version(problem)
        made = WindowStep(0, made=True)
        self.state.put("rides", state_keys.WINDOW_STEPS / version, made)
        self.day = 0

    def next(self) -> None:
        self._land("rides", self.day, known=False)
        told = self.problem.labels_name or "rides"
        if self.day >= OUTCOMES_AFTER:
            self._land(told, self.day - OUTCOMES_AFTER, known=True)
        self.day += 1

    def check(self) -> Reads:
        """What is read for the newest file of outcomes."""
        about = self.day - 1 - OUTCOMES_AFTER
        rows = [
            prediction(
                f"p{about}-{row['ride']}",
                problem="rides",
                event={
                    name: value.isoformat() if isinstance(value, datetime) else value
                    for name, value in row.items()
                    if name in self.problem.naming_columns
                },
                event_time=row["starts"].isoformat(),
                made_at=row["starts"].isoformat(),
                outputs={"late": row["delay"] / 20},
                features={},
                freshness_seconds={},
            )
            for row in self._rows(about)
        ]
        deliver(self.lake, *rows, name=f"{about}", hour="2024/01/01/00")
        before = self.reads.copy()
        ledger, told = BatchLedger(self.state), self.problem.labels_name or "rides"
        batch = ledger.find("rides", told, self._id(about, known=True))
        assert batch is not None
        tell_batch(self.state, batch)
        verdicts = check_what_waits(
            self.problem,
            now=START + self.day * DAY,
            adapters=OutcomeMonitoring(
                self.lake,
                self.lake,
                self.state,
                self.bus,
                self.online,
                "on",  # type: ignore[arg-type]
            ),
        )
        judged = {one.window_end: (one.labels, one.predictions) for one in verdicts}
        assert judged[START + (about + 1) * DAY] == (A_DAY, A_DAY)
        read = self.reads.since(before)
        for key in [key for key in self.lake.bodies if "validated" not in key[0]]:
            del self.lake.bodies[key]
        return read

    def _rows(self, day: int) -> Iterator[dict[str, Any]]:
        for number in range(A_DAY):
            yield {
                "ride": day * A_DAY + number,
                "starts": START + day * DAY + number * timedelta(minutes=30),
                "line": f"l{number % 3}",
                "stop": "s",
                "bus": "b",
                "delay": float(number % 10),
            }

    def _land(self, dataset: str, day: int, *, known: bool) -> None:
        spec, batch_id = self.problem.datasets[dataset], self._id(day, known=known)
        kinds: Mapping[str, Any] = {"timestamp": pl.Datetime("us", "UTC"), "integer": pl.Int64}
        schema = {
            name: kinds.get(column.type, pl.Float64 if column.type == "number" else pl.String)
            for name, column in spec.columns.items()
        }
        rows = [
            {name: row[name] if known or name != "delay" else None for name in schema}
            for row in self._rows(day)
        ]
        frame, body = pl.DataFrame(rows, schema), BytesIO()
        frame.write_parquet(body)
        self.lake.put(keys.validated_part("rides", dataset, batch_id, 0), body.getvalue())
        landed = START + self.day * DAY
        source = LandedObject(
            "landing", f"rides/{dataset}/{batch_id}.csv", None, batch_id, 1, landed.isoformat()
        )
        times = [row["starts"] for row in self._rows(day)] if "starts" in schema else []
        if not self.problem.timed:
            times = [landed]
        span = (
            {"min_time": times[0].isoformat(), "max_time": times[-1].isoformat()} if times else {}
        )
        record = BatchRecord(
            batch_id, "rides", dataset, "validated", source, landed.isoformat(), parts=1, **span
        )
        ledger = BatchLedger(self.state)
        ledger.advance(record, until=())
        ledger.land(record, source)
        rows_of = EventRows(
            self.problem,
            {},
            self.lake,
            self.online,  # type: ignore[arg-type]
            "on",
        )
        if dataset in (self.problem.events_name, self.problem.labels_name) and self.problem.timed:
            rows_of.note(record, rows_of.of_batch(record))

    def _id(self, day: int, *, known: bool) -> str:
        return f"{2 * day + known:016x}"


@pytest.mark.parametrize("form", FORMS)
def test_the_thousandth_day_reads_what_the_tenth_does(form: str) -> None:
    days = Days(parse_problem(FORMS[form]))
    found = {}
    for day in range(1, LOOKED_AT[-1] + 1):
        days.next()
        if day in LOOKED_AT:
            found[day] = asdict(days.check())
    # Around the window lie more days than ten, where there are no marks: later ones are equal.
    first = LOOKED_AT[1] if form in ("id alone", "no time") else LOOKED_AT[0]
    for day in (day for day in LOOKED_AT if day > first):
        for name in ("objects", "documents", "items"):
            assert found[day][name] <= found[first][name] + 8, (name, found)
        assert found[day]["object_bytes"] <= 1.1 * found[first]["object_bytes"], found
    # Without marks the days around are asked twice: where events were moved from, and what is true.
    assert found[LOOKED_AT[-1]]["objects"] < (200 if form == "id alone" else 100)


def test_before_the_marks_are_made_all_batches_are_asked() -> None:
    days = Days(parse_problem(LABELLED))
    for _ in range(5):
        days.next()
    days.online.items.clear()
    step = days.state.get("rides", state_keys.WINDOW_STEPS / windows_version(days.problem))
    assert step is not None
    days.state.delete("rides", step)
    stores = (days.state, days.lake, days.online)
    at_hand = LabelsAtHand(days.problem, *stores, "on")  # type: ignore[arg-type]
    told = at_hand.read(begin=START, end=START + DAY, now=START + 9 * DAY)
    assert told.height == A_DAY
    days.check()
