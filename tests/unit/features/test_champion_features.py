"""A champion that learned by another definition is asked on the hold-out by its own features."""

from __future__ import annotations

import polars as pl

from ghosteam.features.training_set import (
    SourceFrames,
    champion_features,
    join_features,
    read_sources,
)
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import EVENT_TIME, Problem
from tests.unit.features.conftest import TRIPS
from tests.unit.features.test_build_training_set import tables


def _sources(problem: Problem) -> SourceFrames:
    frames = tables()
    parts = {name: [name] for name in ("trips", "weather", "buses")}
    return read_sources(problem, parts, lambda name: frames[f"lake/{name}"])


def test_they_are_what_a_training_set_of_its_own_would_hold() -> None:
    now = parse_problem(TRIPS)
    learned = parse_problem(TRIPS.replace("over: 2d", "over: 5d"))
    sources = _sources(now)
    holdout = join_features(
        sources.events.sort(EVENT_TIME, descending=True).head(20),
        now,
        sources.views,
    )
    before = _sources(learned)
    found = champion_features(holdout, now, learned, before)
    assert found is not None
    assert found.columns == list(learned.feature_names)
    own = join_features(before.events, learned, before.views)
    expected = holdout.select("trip", EVENT_TIME).join(
        own.select("trip", EVENT_TIME, "line_late_2d"),
        on=["trip", EVENT_TIME],
        maintain_order="left",
    )
    assert found["line_late_2d"].equals(expected["line_late_2d"])
    assert not found["line_late_2d"].equals(holdout["line_late_2d"])


def test_events_of_another_kind_are_not_compared() -> None:
    now = parse_problem(TRIPS)
    sources = _sources(now)
    holdout = sources.events.with_columns(pl.col("trip").cast(pl.String))
    assert champion_features(holdout, now, now, sources) is None
