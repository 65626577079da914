"""Late values: what followed from the batches that were online when a prediction was asked for."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import polars as pl
import pytest

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.documents.parity import FeatureParity, Parity
from ghosteam.features import values_then
from ghosteam.features.current_events import current_events
from ghosteam.features.derived import with_derived
from ghosteam.features.view_rows import window_rows, with_periods
from ghosteam.features.views import View, counted_in, views_of
from ghosteam.monitoring.log_frames import predictions_frame
from ghosteam.monitoring.log_records import records_of
from ghosteam.monitoring.prediction_log import Gathered, PredictionLog
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.derivation import derived_values
from ghosteam.problem.derived import Derived
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.window import Window
from ghosteam.steps import measure_parity
from ghosteam.steps.measure_parity import newer_parts, served_parity
from tests import documents
from tests.prediction_log import prediction
from tests.unit.features.landed import DAY, HOUR, START, trips_of

# Each day's file comes online at noon of the next day.
DAYS = range(1, 9)
FRAMES = {
    keys.validated_part("trips", "trips", f"d{day}", 0): trips_of(day, late=day % 2 == 0)
    for day in DAYS
}
PLAN = documents.plan(
    "trips",
    parts={"trips": tuple(FRAMES), "checks": tuple(FRAMES)},
    available_at={f"trips/d{day}": START + day * DAY + 12 * HOUR for day in DAYS},
)


@pytest.fixture(params=["events", "facts"])
def trips(trips: Problem, request: pytest.FixtureRequest) -> Problem:
    """With a window alone, over its events or over facts of the same rows."""
    datasets, windows = trips.datasets, trips.features.windows
    if request.param == "facts":
        declared = {"role": "facts", "key": ["line"], "id": ["trip"], "time": "start"}
        columns = trips.events.columns
        checks = Dataset.model_validate({**declared, "known_after": "1h", "columns": columns})
        told = {"name": windows[0].name, "from": "checks", "by": ["line"], "mean": "delay"}
        datasets = {**datasets, "checks": checks}
        windows = (Window.model_validate({**told, "over": "2d", "min_rows": 2}),)
    features = trips.features.model_copy(update={"join": (), "windows": windows})
    return trips.model_copy(update={"datasets": datasets, "features": features})


def window(trips: Problem) -> View:
    return next(view for view in views_of(trips) if view.kind == "window")


def value_of(trips: Problem, frames: list[pl.DataFrame], day: int) -> float | None:
    view = window(trips)
    events = pl.DataFrame({"line": ["7"], EVENT_TIME: [START + (day - 1) * DAY + 13 * HOUR]})
    asked = with_periods(events.cast({EVENT_TIME: pl.Datetime("us", "UTC")}), trips)
    if not frames:
        return None
    counted = counted_in(trips, view)
    there = window_rows(current_events(frames, counted), counted, view)
    found = asked.join(there, on=list(view.join_keys), how="left")[view.name][0]
    return found if found is None else float(found)


def derived_of(trips: Problem, served: float | None) -> dict[str, Any]:
    found = derived_values(trips, {window(trips).name: [served]}.__getitem__, 1)
    return {name: values[0] for name, values in found.items()}


def world(
    trips: Problem, *, lag: timedelta, break_day: int | None = None
) -> tuple[PredictionLog, pl.DataFrame]:
    """A prediction for each trip, made ``lag`` before it, with the window's value of then; and the
    training set.
    """
    view, rows, lines = window(trips), [], []
    for day, frame in zip(DAYS, FRAMES.values(), strict=True):
        for trip in frame.to_dicts():
            made = trip["start"] - lag
            online = [
                other
                for number, other in zip(DAYS, FRAMES.values(), strict=True)
                if START + number * DAY + 12 * HOUR <= made
            ]
            served = 0.123 if day == break_day else value_of(trips, online, day)
            lines.append(
                prediction(
                    f"p{trip['trip']}",
                    problem="trips",
                    event={"trip": trip["trip"]},
                    event_time=trip["start"].isoformat(),
                    made_at=made.isoformat(),
                    outputs={},
                    features={"line": "7", view.name: served, **derived_of(trips, served)},
                    freshness_seconds={view.name: None if served is None else 0.0},
                )
            )
            trained = value_of(trips, list(FRAMES.values()), day)
            rows.append((trip["trip"], trip["start"], "7", trained))
    found = Gathered(trips, ("event", "features", "freshness_seconds"), pl.lit(True))
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    found.add(predictions_frame(records_of([("a", body)]).predictions))
    time = pl.Datetime("us", "UTC")
    kinds = {"trip": pl.Int64, EVENT_TIME: time, "line": pl.String, view.name: pl.Float64}
    return found.log(), with_derived(pl.DataFrame(rows, schema=kinds, orient="row"), trips)


def parity(trips: Problem, **changes: Any) -> Parity:
    log, trained = world(trips, **changes)
    return served_parity(log, trained, trips, PLAN, FRAMES.__getitem__)


def test_a_value_that_followed_from_the_data_of_then_is_late_and_not_different(
    trips: Problem,
) -> None:
    found = parity(trips, lag=HOUR)
    seen = found.served["line_late_2d"]
    assert seen.rows == 16 and seen.late > 0 and seen.different == 0
    assert found.served["line"] == FeatureParity(16)


def test_what_is_derived_is_judged_where_what_it_follows_from_is_equal(trips: Problem) -> None:
    often = Derived(name="often", expr="coalesce(line_late_2d, 0) * 100")
    features = trips.features.model_copy(update={"derived": (often,)})
    derived = trips.model_copy(update={"features": features})
    plain = parity(trips, lag=HOUR).served["line_late_2d"]
    found = parity(derived, lag=HOUR).served
    assert plain.late > 0 and found["line_late_2d"] == plain
    assert found["often"] == FeatureParity(plain.equal)
    assert plain.different == 0 and found["often"].equal == plain.equal


def test_asked_for_when_all_was_there_nothing_is_late(trips: Problem) -> None:
    assert parity(trips, lag=-30 * DAY).served["line_late_2d"] == FeatureParity(16)


def test_asked_for_before_anything_was_there_it_is_null_online(trips: Problem) -> None:
    seen = parity(trips, lag=60 * DAY).served["line_late_2d"]
    assert seen.null_online > 0 and seen.late == seen.different == 0


def test_a_value_that_nothing_explains_is_different(trips: Problem) -> None:
    seen = parity(trips, lag=HOUR, break_day=5).served["line_late_2d"]
    assert seen.different == 2


def test_the_newest_predictions_are_compared_and_few_states_of_the_data(
    trips: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure_parity, "SERVED_ROWS", 4)
    assert parity(trips, lag=HOUR).served_rows == 4
    monkeypatch.undo()
    whole = parity(trips, lag=HOUR).served["line_late_2d"]
    monkeypatch.setattr(values_then, "MOMENTS", 1)
    few = parity(trips, lag=HOUR).served["line_late_2d"]
    assert 0 < few.late < whole.late and few.different == 0, "what is not computed is not judged"
    assert few.rows - few.late == whole.rows - whole.late
    log, trained = world(trips, lag=HOUR)
    assert served_parity(log, trained.head(0), trips, PLAN, FRAMES.__getitem__) == Parity()


def test_parts_that_landed_since_the_plan_and_that_it_does_not_name_are_newer(
    trips: Problem, lake: Objects
) -> None:
    for key, frame in FRAMES.items():
        body = BytesIO()
        frame.write_parquet(body)
        lake.put(key, body.getvalue())
    plan = documents.plan("trips", parts={"trips": tuple(FRAMES)[:6]})
    written = lake.modified(next(iter(FRAMES)))

    def newer(hours: int) -> int:
        found = newer_parts(
            lake, trips, plan, planned_at=written + hours * HOUR, read=FRAMES.__getitem__
        )
        return len(found["trips"])

    assert (newer(0), newer(2)) == (2, 0)
