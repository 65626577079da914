from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ghosteam.documents.plan import Plan
from ghosteam.errors import InvalidInput
from ghosteam.features.last_known import with_last_known
from ghosteam.features.split import Spans, split
from ghosteam.features.training_set import (
    SourceFrames,
    join_features,
    model_frame,
    read_sources,
    summary_of,
)
from ghosteam.features.view_rows import KNOWN_FROM
from ghosteam.features.views import views_of
from ghosteam.problem.spec import EVENT_TIME, Problem
from tests import documents
from tests.unit.features.landed import DAY, EVENTS, HOUR, START, TIME


def lake() -> dict[str, pl.DataFrame]:
    """Ten days, eight trips a day that come in pairs of equal time and stop, weather each hour, one
    bus of two known.
    """
    times = [START + i // 2 * 6 * HOUR + timedelta(minutes=10) for i in range(80)]
    trips = [
        (i, t, "57"[i % 2], [None, "A"][i % 5 > 0], ["b1", "b2"][i % 2], float(i % 9))
        for i, t in enumerate(times)
    ]
    hours = [START + i * HOUR for i in range(240)]
    return {
        "trips": pl.DataFrame(trips, schema=EVENTS, orient="row"),
        "weather": pl.DataFrame(
            {
                "stop": ["A"] * 240,
                "hour": hours,
                "temp": [float(i) for i in range(240)],
                "sky": ["grey"] * 240,
            },
            schema_overrides={"hour": TIME},
        ),
        "buses": pl.DataFrame({"bus": ["b1"], "seats": [40]}),
    }


@pytest.fixture
def sources(trips: Problem) -> SourceFrames:
    return read_sources(trips, {name: [name] for name in trips.datasets}, lake().__getitem__)


def test_every_event_stays_and_gets_what_was_known(trips: Problem, sources: SourceFrames) -> None:
    joined = join_features(sources.events, trips, sources.views)
    assert joined["trip"].to_list() == list(range(80))
    row = joined.row(
        27, named=True
    )  # the fourth day, 06:10: the hour that began at 05:00 was known at 06:00
    assert row[EVENT_TIME] == START + 3 * DAY + 6 * HOUR + timedelta(minutes=10)
    assert (row["weather__temp"], row["weather__sky"], row["buses__seats"]) == (
        3 * 24 + 5.0,
        "grey",
        None,
    )
    known = sources.events.filter(
        pl.col("line") == row["line"],
        pl.col("known_at").is_between(START + DAY, START + 3 * DAY, closed="left"),
    )
    assert row["line_late_2d"] == known["target"].mean()
    assert joined.row(25, named=True)["weather__temp"] is None  # no stop, no weather


@pytest.mark.parametrize("name", ["buses", "weather"])
def test_a_looked_up_data_set_that_holds_no_rows_now_gives_nulls(trips: Problem, name: str) -> None:
    rows = {**lake(), name: lake()[name].clear()}
    empty = read_sources(trips, {name: [name] for name in trips.datasets}, rows.__getitem__)
    joined = join_features(empty.events, trips, empty.views)
    assert joined.height == 80
    for view in views_of(trips):
        for feature in view.features.values():
            assert (joined[feature].null_count() == 80) == (view.name == name), feature


def test_no_event_sees_what_became_known_after_it(trips: Problem, sources: SourceFrames) -> None:
    """Each source row's only feature is replaced by its own time of knowing; then no event may
    carry a later one.
    """
    features = {name for view in views_of(trips) for name in view.features.values()}
    seconds = pl.col(KNOWN_FROM).dt.epoch("s").cast(pl.Float64)
    marked = {
        view.name: sources.views[view.name].with_columns(
            seconds.alias(name) for name in view.features.values()
        )
        for view in views_of(trips)
    }
    joined = join_features(sources.events, trips, marked)
    for name in features:
        times = joined.select(
            pl.col(name).cast(pl.Float64), pl.col(EVENT_TIME).dt.epoch("s")
        ).drop_nulls()
        assert times.height > 0
        assert (times[name] <= times[EVENT_TIME]).all()


def test_training_rows_were_known_before_the_hold_out_began(
    trips: Problem, sources: SourceFrames
) -> None:
    spans = Spans(START + DAY, START + 7 * DAY + 6 * HOUR + timedelta(minutes=12), START + 9 * DAY)
    train, holdout, _ = split(sources.events, spans, problem=trips)
    assert train[EVENT_TIME].min() >= spans.train_start
    assert train["known_at"].max() <= spans.holdout_start
    assert holdout[EVENT_TIME].min() >= spans.holdout_start
    assert holdout[EVENT_TIME].max() <= spans.holdout_end
    between = sources.events.filter(
        pl.col(EVENT_TIME) < spans.holdout_start, pl.col("known_at") > spans.holdout_start
    )
    assert not between.is_empty()
    assert set(between["trip"]).isdisjoint(train["trip"])


def test_the_newest_instant_is_held_out(trips: Problem, sources: SourceFrames) -> None:
    newest = sources.events.drop_nulls(["target", "known_at"])[EVENT_TIME].max()
    assert isinstance(newest, datetime)
    _, holdout, _ = split(sources.events, Spans(START, START + 7 * DAY, newest), problem=trips)
    assert holdout[EVENT_TIME].max() == newest


def test_an_empty_hold_out_is_refused_with_its_time(trips: Problem, sources: SourceFrames) -> None:
    with pytest.raises(InvalidInput, match=r"hold-out set is empty .*2024-04-01"):
        split(sources.events, Spans(START, START + 31 * DAY, START + 40 * DAY), problem=trips)


def test_a_data_set_without_parts_is_refused_by_name(trips: Problem) -> None:
    with pytest.raises(InvalidInput, match="dataset buses"):
        read_sources(trips, {"trips": ["trips"], "weather": ["weather"]}, lake().__getitem__)


def test_the_set_has_the_features_in_their_order_and_a_fingerprint_of_its_content(
    trips: Problem, sources: SourceFrames
) -> None:
    events = with_last_known(sources.events, trips.entity_columns)
    frame = model_frame(join_features(events, trips, sources.views), trips)
    context = ["trip", EVENT_TIME, "known_at", "target", "_last_known"]
    assert frame.columns == [*context, *trips.feature_names]
    kinds = {
        name: pl.String if name in trips.text_features else pl.Float64
        for name in trips.feature_names
    }
    assert {name: frame.schema[name] for name in kinds} == kinds
    summary = summary_of(frame.head(60), frame.tail(20), problem=trips)
    assert summary.rows == {"train": 60, "holdout": 20}
    assert 0 <= summary.outcomes["train"]["positive_rate"] <= 1
    assert (
        summary.fingerprint == summary_of(frame.head(60), frame.tail(20), problem=trips).fingerprint
    )
    assert (
        summary.fingerprint != summary_of(frame.head(59), frame.tail(20), problem=trips).fingerprint
    )


def test_a_plan_s_times_are_read_in_utc() -> None:
    stored = {
        **documents.plan().to_json(),
        "train_start": "2024-03-01T00:00:00Z",
        "holdout_start": "2024-03-02T02:00:00+02:00",
        "holdout_end": "2024-03-03T00:00:00+00:00",
    }
    spans = Spans.of(Plan.from_json(stored))
    assert spans == Spans(START, START + DAY, START + 2 * DAY)
    assert spans.holdout_start.tzinfo is UTC
