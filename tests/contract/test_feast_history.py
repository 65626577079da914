"""Training sets hold what Feast's point-in-time join of the same rows gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ghosteam.data.derive import TIME
from ghosteam.documents import keys
from ghosteam.features.as_of import as_of
from ghosteam.features.feast_objects import file_store
from ghosteam.features.training_set import join_features
from ghosteam.features.view_rows import KNOWN_FROM, lookup_rows, with_periods
from ghosteam.features.views import View, views_of
from ghosteam.problem.load import load_problem, parse_problem
from ghosteam.problem.spec import EVENT_TIME, Problem
from tests.online import with_short_windows

pytestmark = pytest.mark.contract
ROOT = Path(__file__).parents[2]
START = datetime(2013, 7, 1, tzinfo=UTC)
EVENTS = 400


@pytest.fixture(scope="module")
def problem() -> Problem:
    return with_short_windows(load_problem(ROOT / "feature_repo" / "flights"), "carrier")


def _events(problem: Problem) -> pl.DataFrame:
    random = np.random.default_rng(3)
    times = [START + timedelta(minutes=int(m)) for m in random.integers(0, 3 * 1440, EVENTS)]
    frame = pl.DataFrame(
        {
            "carrier": random.choice(["UA", "B6", "ÄÖ"], EVENTS),
            "origin": random.choice(["EWR", "JFK", "LGA"], EVENTS),
            "dest": random.choice(["IAH", "BQN"], EVENTS),
            "tailnum": [None if one == "-" else one for one in random.choice(["N1", "-"], EVENTS)],
            EVENT_TIME: times,
        },
        schema_overrides={EVENT_TIME: TIME},
    )
    return with_periods(frame, problem)


def _rows(view: View, events: pl.DataFrame) -> pl.DataFrame:
    """Some of the keys that events ask for, known at up to three times around theirs."""
    random = np.random.default_rng(len(view.name))
    asked = events.drop_nulls(list(view.join_keys)).sample(fraction=0.7, seed=1)
    copies = []
    for hours in (-30, -2, 3):
        some = asked.sample(fraction=0.6, seed=hours + 99)
        copies.append(
            some.select(
                *view.join_keys,
                *(
                    pl.Series(name, random.normal(size=some.height))
                    for name in view.features.values()
                ),
                (pl.col(EVENT_TIME) + timedelta(hours=hours)).alias(KNOWN_FROM),
            )
        )
    # Feast does not say which of two rows of one time it takes.
    return pl.concat(copies).unique(
        [*view.join_keys, KNOWN_FROM], keep="first", maintain_order=True
    )


def _publish(folder: Path, view: str, rows: pl.DataFrame) -> None:
    rows.write_parquet(keys.rows_of_view(str(folder), view), mkdir=True)


def _by_feast(events: pl.DataFrame, view: View, store: object) -> pl.DataFrame:
    """One request for the view's distinct keys and times: Feast's file store keeps one row for each
    combination of the keys that it has seen so far.
    """
    named, features = [*view.join_keys, EVENT_TIME], list(view.features.values())
    asked = events.select(named).drop_nulls().unique(maintain_order=True)
    answer = store.get_historical_features(  # type: ignore[attr-defined]
        entity_df=asked.rename({EVENT_TIME: KNOWN_FROM}).to_pandas(),
        features=[f"{view.name}:{name}" for name in features],
    ).to_df()
    known = pl.from_pandas(answer).rename({KNOWN_FROM: EVENT_TIME})
    known = known.with_columns(pl.col(EVENT_TIME).cast(TIME))
    typed = known.select(*(pl.col(key).cast(asked.schema[key]) for key in named), *features)
    return events.join(typed, on=named, how="left", maintain_order="left")


PAYMENTS = """
version: 1
problem: payments
task: binary
entities: {card: [card]}
event_time: at
target: {name: fraud, expr: back, known_at: event_time + 1d}
datasets:
  payments: {role: events,
    columns: {card: integer, at: timestamp, merchant: string, back: "boolean?"}}
  merchants: {key: [merchant], static: true, columns: {merchant: string, region: "integer?"}}
  regions: {key: [region], static: true, through: {region: merchants.region},
    columns: {region: integer, risk: number}}
features: {join: [regions.risk]}
"""


def test_what_is_found_through_another_view_is_what_feast_answers_to_its_answer(
    tmp_path: Path,
) -> None:
    problem = parse_problem(PAYMENTS)
    times = [START + timedelta(hours=hour) for hour in range(8)]
    events = pl.DataFrame(
        {"merchant": [*"ababcab", None], EVENT_TIME: times},
        schema_overrides={EVENT_TIME: TIME},
    )
    merchants, regions = views_of(problem)
    moved = [("a", 1), ("b", 2), ("a", 2), ("b", None)]
    known = [START + timedelta(hours=hour) for hour in (0, 1, 4, 5)]
    of_merchants = pl.DataFrame(moved, schema=["merchant", "region"], orient="row")
    of_regions = pl.DataFrame({"region": [1, 2], "risk": [0.1, 0.2]})
    rows = {
        "merchants": of_merchants.select(
            "merchant", pl.col("region").cast(pl.Float64).alias("merchants__region")
        ).with_columns(pl.Series(KNOWN_FROM, known, TIME)),
        "regions": lookup_rows([(of_regions, START)], problem, regions),
    }
    for name, found in rows.items():
        _publish(tmp_path, name, found)
    store = file_store(
        problem, online_prefix="on", registry=tmp_path / "registry.db", folder=str(tmp_path)
    )
    ours = join_features(events, problem, rows)
    first = _by_feast(events, merchants, store)
    told = first.with_columns(pl.col("merchants__region").cast(pl.Int64))
    theirs = _by_feast(told, regions, store)
    assert ours["regions__risk"].to_list() == [0.1, 0.2, 0.1, 0.2, None, 0.2, None, None]
    assert ours.select(first.columns).equals(first)
    assert theirs["regions__risk"].to_list() == ours["regions__risk"].to_list()


def test_the_join_is_feasts(problem: Problem, tmp_path: Path) -> None:
    events = _events(problem)
    views = {view.name: (view, _rows(view, events)) for view in views_of(problem)}
    for name, (_, rows) in views.items():
        _publish(tmp_path, name, rows)
    store = file_store(
        problem, online_prefix="on", registry=tmp_path / "registry.db", folder=str(tmp_path)
    )
    lacking = 0
    for view, rows in views.values():
        features = list(view.features.values())
        ours = as_of(events, rows, keys=view.join_keys, values=features)
        theirs = _by_feast(events, view, store)
        assert ours.select(features).equals(theirs.select(features)), view.name
        lacking += ours[features[0]].null_count()
        assert ours[features[0]].null_count() < EVENTS
    assert lacking
