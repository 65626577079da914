"""Derived features are the same values in a training set, in batch scoring and in a request."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ghosteam.features.codec import StoredRow
from ghosteam.features.derived import with_derived
from ghosteam.features.online import OnlineRow
from ghosteam.features.training_set import join_features, model_frame, read_sources
from ghosteam.features.view_rows import KNOWN_FROM
from ghosteam.features.views import views_of
from ghosteam.learning.package import Predictor
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import EVENT_TIME
from ghosteam.serving.batch_scoring import score_rows
from ghosteam.steps.asked_rows import features_of
from ghosteam.steps.online_features import read_online, write_online
from tests.online import place_of
from tests.unit.features.conftest import TRIPS
from tests.unit.features.landed import START, TIME
from tests.unit.features.test_training_set import lake

_DERIVED = """
  derived:
    - {name: cold, expr: "weather.temp < mild"}
    - {name: mild, expr: "50 + 10 * coalesce(line_late_2d, 0)"}
    - {name: place, expr: "line || '-' || coalesce(stop, '?')"}
    - {name: per_seat, expr: "buses.seats / (trip % 3)"}
    - {name: big, expr: "buses.doors > 2 AND buses.new"}
    - name: age
      expr: (extract(epoch FROM event_time) - extract(epoch FROM buses.built)) / 86400
    - name: hour
      expr: extract(hour FROM start AT TIME ZONE 'Europe/Berlin')
      categorical: true
    - {name: maker, expr: "upper(buses.maker)"}
    - {name: heat, expr: "CASE weather.sky WHEN 'grey' THEN ln(weather.temp) ELSE 0 END"}
"""
TEXT = (
    TRIPS.replace(
        'seats: "integer?"',
        'seats: "integer?", doors: "integer?", new: "boolean?", '
        'built: "timestamp?", maker: "string?"',
    ).rstrip()
    + _DERIVED
)
BUSES = {"b1": (40, 3, True, START - timedelta(days=400, microseconds=7), "mån")}


PROBLEM = parse_problem(TEXT)


def parts() -> dict[str, pl.DataFrame]:
    names = ("bus", "seats", "doors", "new", "built", "maker")
    buses = {name: [value] for name, value in zip(names, ("b1", *BUSES["b1"]), strict=True)}
    return {**lake(), "buses": pl.DataFrame(buses, schema_overrides={"built": TIME})}


def naive(event: dict[str, Any], joined: dict[str, Any]) -> dict[str, Any]:
    """What the derived features are of one event and of what was looked up for it."""
    temp, late = joined["weather__temp"], joined["line_late_2d"]
    mild = 50 + 10 * (0 if late is None else late)
    seats, doors, new, built, maker = BUSES.get(event["bus"], (None,) * 5)
    start = event["start"]
    heat = None if temp is None or temp <= 0 else math.log(temp)
    return {
        "cold": None if temp is None else float(temp < mild),
        "mild": mild,
        "place": f"{event['line']}-{event['stop'] or '?'}",
        "per_seat": seats / (event["trip"] % 3) if seats and event["trip"] % 3 else None,
        "big": None if doors is None else float(doors > 2 and new),
        "age": None if built is None else (start.timestamp() - built.timestamp()) / 86400,
        # Berlin is an hour before UTC in winter.
        "hour": float((start + timedelta(hours=1)).hour),
        "maker": maker and "MÅN",
        "heat": heat if joined["weather__sky"] == "grey" else 0.0,
    }


def test_training_batch_and_requests_have_the_values_of_a_naive_loop(dynamodb: Any) -> None:
    trips = PROBLEM
    sources = read_sources(trips, {name: [name] for name in trips.datasets}, parts().__getitem__)
    joined = join_features(sources.events, trips, sources.views)
    rows = joined.to_dicts()
    assert any(row["per_seat"] for row in rows) and any(row["heat"] for row in rows)
    for row in rows:
        wanted = naive(row, row)
        assert {name: row[name] for name in wanted} == wanted
    events = sources.events.with_columns(pl.lit(None, pl.Float64).alias("_last_known"))
    trained = model_frame(join_features(events, trips, sources.views), trips).select(
        trips.feature_names
    )

    asked = list[pl.DataFrame]()

    def predict(frame: pl.DataFrame) -> Any:
        asked.append(frame)
        return np.full((frame.height, 1), 0.5)

    manifest = SimpleNamespace(task="binary", classes=(), outputs=("late",))
    predictor = cast(Predictor, SimpleNamespace(predict_frame=predict, manifest=manifest))
    batch = sources.events.select("trip", "start", "line", "stop", "bus", EVENT_TIME)
    score_rows(batch.with_row_index("_row"), trips, sources.views, predictor, version="1")
    assert asked[0].equals(trained)

    for view in views_of(trips):
        stored = sources.views[view.name].collect().to_dicts()
        names = list(view.features.values())
        write_online(
            dynamodb,
            place_of("on", trips, view.name),
            [
                (
                    {key: row[key] for key in view.join_keys},
                    StoredRow({name: row[name] for name in names}, row[KNOWN_FROM]),
                )
                for row in stored
            ],
        )
    times = [row[EVENT_TIME] for row in rows]
    requests = [{name: row[name] for name in trips.request_columns} for row in rows]
    online = read_online(dynamodb, trips, "on", requests, times)
    served = features_of(trips, requests, times, online)
    assert served == trained.to_dicts()
    assert all(tuple(row) == trips.feature_names for row in served)


_MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
_FLOATS = st.none() | st.floats()
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "trip": st.integers(-(2**63), 2**63 - 1),
            "start": _MOMENTS,
            "line": st.text(max_size=140),
            "stop": st.none() | st.text(max_size=140),
            "weather__temp": _FLOATS,
            "weather__sky": st.none() | st.sampled_from(["grey", "blue"]),
            "buses__seats": _FLOATS,
            "buses__doors": _FLOATS,
            "buses__new": st.sampled_from([None, 0.0, 1.0]),
            "buses__maker": st.none() | st.text(max_size=9),
            "buses__built": st.none() | _MOMENTS.map(lambda moment: moment.timestamp() * 1e6 // 1),
            "line_late_2d": _FLOATS,
        }
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=100)
@given(_ROWS)
def test_whatever_stands_there_a_frame_and_a_request_say_the_same_finite_values(
    rows: list[dict[str, Any]],
) -> None:
    trips = PROBLEM
    texts = {"line": pl.String, "stop": pl.String, "weather__sky": pl.String}
    texts |= {"buses__maker": pl.String}
    schema = {name: texts.get(name, pl.Float64) for name in rows[0]}
    frame = pl.DataFrame(rows, schema={**schema, "trip": pl.Int64, "start": TIME})
    trained = with_derived(frame.with_columns(pl.col("start").alias(EVENT_TIME)), trips)
    looked_up = [name for view in views_of(trips) for name in view.features.values()]
    online = [OnlineRow({name: row[name] for name in looked_up}, {}) for row in rows]
    served = features_of(trips, rows, [row["start"] for row in rows], online)
    for name in (derived.name for derived in trips.features.derived):
        values = [row[name] for row in served]
        assert trained[name].to_list() == values
        for value in values:
            assert value is None or isinstance(value, str) or math.isfinite(value)


def test_a_frame_without_rows_has_the_columns_of_their_types() -> None:
    trips = PROBLEM
    schema = {
        "trip": pl.Int64,
        "start": TIME,
        "line": pl.String,
        "stop": pl.String,
        EVENT_TIME: TIME,
        **{name: pl.Null for view in views_of(trips) for name in view.features.values()},
    }
    found = with_derived(pl.DataFrame(schema=schema), trips)
    assert found.height == 0
    assert (found.schema["place"], found.schema["cold"]) == (pl.String, pl.Float64)


def test_a_large_frame_is_computed_in_parts_that_stay_in_order() -> None:
    small = TRIPS.rstrip() + "\n  derived: [{name: twice, expr: 2 * trip}]\n"
    frame = pl.DataFrame({"trip": pl.arange(0, 250_001, eager=True)})
    assert with_derived(frame, parse_problem(small))["twice"].equals(
        (frame["trip"] * 2).cast(pl.Float64).alias("twice")
    )
