"""Parity of windows whose outcomes came by themselves: what was served followed from the labels of
then, and a label that is newer than the plan moves the rows of its event's group.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO

import polars as pl
import pytest

from ghosteam.documents import keys
from ghosteam.features.current_events import current_events
from ghosteam.features.view_rows import window_rows, with_periods
from ghosteam.features.views import views_of
from ghosteam.monitoring.log_frames import predictions_frame
from ghosteam.monitoring.log_records import records_of
from ghosteam.monitoring.prediction_log import Gathered
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import EVENT_TIME
from ghosteam.steps.measure_parity import newer_parts, served_parity
from tests import documents
from tests.prediction_log import prediction
from tests.unit.data.memory import MemoryObjects
from tests.unit.data.world import Kill
from tests.unit.labels.world import DAY, START

TRIPS = parse_problem("""
version: 1
problem: trips
task: binary
entities: {trip: [trip]}
event_time: start
target: {name: late, expr: delay > 5, known_at: start + 1h}
datasets:
  trips: {role: events, id: [trip], columns: {trip: integer, start: timestamp, line: string}}
  notes: {role: labels, of: trips, columns: {trip: integer, delay: "number?"}}
features:
  request: [line]
  windows: [{name: late_9d, by: [line], rate: late, over: 9d, min_rows: 1}]
""")
[VIEW] = views_of(TRIPS)
HOUR = timedelta(hours=1)
DAYS = range(1, 7)
TIME = pl.Datetime("us", "UTC")


def part(dataset: str, day: int) -> str:
    return keys.validated_part("trips", dataset, f"{dataset}{day}", 0)


EVENTS = {
    part("trips", day): pl.DataFrame(
        {"trip": [day], "start": [START + day * DAY + 12 * HOUR], "line": ["7"]},
        schema_overrides={"start": TIME},
    )
    for day in DAYS
}
LABELS = {
    part("notes", day): pl.DataFrame({"trip": [day], "delay": [9.0 if day % 2 else 1.0]})
    for day in DAYS
}
FRAMES = {**EVENTS, **LABELS}
PLAN = documents.plan(
    "trips",
    parts={"trips": tuple(EVENTS), "notes": tuple(LABELS)},
    # Outcomes of odd days come with their day, others when all is over.
    available_at={
        **{f"trips/trips{day}": START + day * DAY + 13 * HOUR for day in DAYS},
        **{f"notes/notes{day}": START + (day if day % 2 else 30) * DAY + 14 * HOUR for day in DAYS},
    },
)


def value(day: int, labels: Sequence[pl.DataFrame]) -> float | None:
    """Of the window at noon of a day."""
    events = current_events(EVENTS.values(), TRIPS, labels)
    asked = pl.DataFrame({"line": ["7"], EVENT_TIME: [START + day * DAY + 12 * HOUR]})
    keyed = with_periods(asked.cast({EVENT_TIME: TIME}), TRIPS)
    there = window_rows(events, TRIPS, VIEW)
    found = keyed.join(there, on=list(VIEW.join_keys), how="left")[VIEW.name][0]
    return None if found is None else float(found)


@pytest.mark.parametrize("broken", [False, True])
def test_what_followed_from_the_labels_of_then_is_late_and_not_different(broken: bool) -> None:
    lines, trained = [], []
    for day in DAYS:
        moment = START + day * DAY + 12 * HOUR
        served = value(day, [LABELS[part("notes", one)] for one in DAYS if one % 2 and one < day])
        lines.append(
            prediction(
                f"p{day}",
                problem="trips",
                event={"trip": day},
                event_time=moment.isoformat(),
                made_at=moment.isoformat(),
                outputs={},
                features={"line": "7", VIEW.name: 0.123 if broken else served},
                freshness_seconds={VIEW.name: None if served is None else 0.0},
            )
        )
        trained.append((day, moment, "7", value(day, list(LABELS.values()))))
    found = Gathered(TRIPS, ("event", "features", "freshness_seconds"), pl.lit(True))
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    found.add(predictions_frame(records_of([("a", body)]).predictions))
    kinds = {"trip": pl.Int64, EVENT_TIME: TIME, "line": pl.String, VIEW.name: pl.Float64}
    rows = pl.DataFrame(trained, schema=kinds, orient="row")
    seen = served_parity(found.log(), rows, TRIPS, PLAN, FRAMES.__getitem__).served[VIEW.name]
    assert (seen.late > 0, seen.different > 0) == (not broken, broken)


def test_a_label_that_is_newer_than_the_plan_is_told_by_its_event() -> None:
    lake = MemoryObjects("lake", Kill())
    for key, frame in FRAMES.items():
        body = BytesIO()
        frame.write_parquet(body)
        lake.put(key, body.getvalue())
    plan = documents.plan("trips", parts={"trips": tuple(EVENTS), "notes": tuple(LABELS)[:4]})
    found = newer_parts(lake, TRIPS, plan, planned_at=START, read=FRAMES.__getitem__)
    assert found.keys() == {"trips"}
    assert sorted(pl.concat(found["trips"])["trip"]) == [5, 6]
