"""Of several predictions for one event one counts, however much of the log there is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from ghosteam.monitoring.prediction_log import (
    MAX_CELLS,
    Gathered,
    OneAnEvent,
    PredictionLog,
    happened,
)
from tests.builders import flights_problem
from tests.prediction_log import ENTITY, frame_of, prediction

FLIGHTS = flights_problem()
DAY = happened(datetime(2013, 7, 1, tzinfo=UTC), datetime(2013, 7, 2, tzinfo=UTC))


def flight(number: int) -> dict[str, Any]:
    return {**ENTITY, "flight": number}


def one_an_event(*frames: pl.DataFrame, limit: int = MAX_CELLS, **more: Any) -> PredictionLog:
    one = OneAnEvent(FLIGHTS.event_id, **more)
    found = Gathered(FLIGHTS, ("event", "outputs"), DAY, limit=limit, one=one)
    for frame in frames:
        found.add(frame)
    return found.log()


def ids(log: PredictionLog) -> list[str]:
    return sorted(log.predictions["prediction_id"].to_list())


def test_of_the_predictions_for_an_event_the_first_made_counts_in_whatever_order_they_come():
    times = ["2024-07-02T12:31:00+00:00", "2024-07-02T12:30:00+00:00"]
    records = [
        prediction(f"p{event}-{time}", made_at=time, event=flight(event))
        for time in times
        for event in range(3)
    ]
    for order in (records, records[::-1]):
        parts = [frame_of([one]) for one in order]
        assert ids(one_an_event(*parts)) == [f"p{event}-{times[1]}" for event in range(3)]
        assert ids(one_an_event(frame_of(order))) == ids(one_an_event(*parts))


def test_what_one_model_said_of_an_event_goes_before_what_others_said_first():
    early = "2024-07-02T12:00:00+00:00"
    records = [
        prediction("own"),
        prediction("other", made_at=early, model_version="2"),
        prediction("alone", made_at=early, model_version="2", event=flight(7)),
    ]
    assert ids(one_an_event(frame_of(records), version="1")) == ["alone", "own"]
    assert ids(one_an_event(frame_of(records))) == ["alone", "other"]


def test_predictions_whose_event_the_log_does_not_name_count_each_by_itself():
    nameless = {name: value for name, value in ENTITY.items() if name != "origin"}
    records = [prediction(f"p{i}", event=nameless) for i in range(4)]
    assert ids(one_an_event(frame_of([*records, records[0]]))) == ["p0", "p1", "p2", "p3"]


def test_what_is_asked_about_one_event_takes_no_room_from_the_others():
    often = [prediction(f"often-{i}", event=flight(-1), call_id=f"o{i}") for i in range(3_000)]
    once = [prediction(f"once-{i:03}", event=flight(i), call_id=f"c{i}") for i in range(200)]
    whole = frame_of([*often, *once])
    log = one_an_event(*whole.iter_slices(97), limit=10_000)
    assert log.share == 1 and log.predictions.height == 201
    drawn = one_an_event(*whole.iter_slices(97), limit=2_500)
    again = one_an_event(*list(whole.iter_slices(97))[::-1], limit=2_500)
    assert drawn.share == again.share == 0.5 and ids(drawn) == ids(again)
    assert 70 < drawn.predictions.height < 130
