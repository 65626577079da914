"""The query that Athena is asked finds what training sets hold, by an engine that reads the same
SQL.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghosteam.data.derive import TIME
from ghosteam.features.point_in_time_sql import asked_columns, point_in_time_sql
from ghosteam.features.training_set import join_features
from ghosteam.features.view_columns import view_columns
from ghosteam.features.view_rows import KNOWN_FROM, with_periods
from ghosteam.features.views import View, views_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import EVENT_TIME, Problem
from tests.unit.features.athena import answered
from tests.unit.features.test_as_of import Row, events, naive, rows

TRIPS = """
version: 1
problem: trips
task: binary
entities: {trip: [trip]}
event_time: start
target: {name: late, expr: delay > 5, known_at: event_time + 1h}
datasets:
"""
SPOTS = parse_problem(
    TRIPS
    + """\
  trips: {role: events, columns: {trip: integer, start: timestamp, line: "string?",
    stop: "integer?", delay: "number?"}}
  spots: {key: [line, stop], static: true,
    columns: {line: string, stop: integer, late: "number?", sky: "string?"}}
features: {join: [spots.late, spots.sky]}
"""
)
CLOCKS = parse_problem(
    TRIPS
    + """\
  trips: {role: events, columns: {trip: integer, start: timestamp, bus: "string?",
    delay: "number?"}}
  buses: {key: [bus], static: true,
    columns: {bus: string, depot: "integer?", city: "string?"}}
  depots: {key: [depot], static: true, through: {depot: buses.depot},
    columns: {depot: integer, size: "integer?"}}
  air: {key: [city], time: at, every: 12h, known_after: 90m, through: {city: buses.city},
    columns: {city: string, at: timestamp, dust: "number?"}}
  odd: {key: [bus], time: at, every: 7h, origin: 2024-01-01T05:00:07,
    columns: {bus: string, at: timestamp, seen: "string?"}}
  rosters: {key: [bus], time: at, every: 1w,
    columns: {bus: string, at: timestamp, driver: "string?"}}
  bills: {key: [bus], time: at, every: 1 month, known_after: 2d,
    columns: {bus: string, at: timestamp, cost: "number?"}}
  taxes: {key: [bus], time: at, every: 5 months, origin: 2024-02-01,
    columns: {bus: string, at: timestamp, rate: "number?"}}
features:
  join: [depots.size, air.dust, odd.seen, rosters.driver, bills.cost, taxes.rate]
  windows:
    - {name: trips_2d, by: [bus], count: rows, over: 2d}
    - {name: late_2d, by: [bus], rate: late, over: 2d, min_rows: 1}
"""
)
TYPES = {"integer": pl.Int64(), "number": pl.Float64(), "string": pl.String(), "time": TIME}
KEYS = {"buses__depot": (1, 2), "buses__city": ("X", "Y")}
VALUES: dict[str, tuple[float | str | None, ...]] = {
    "buses__depot": (1.0, 2.0, None),
    "buses__city": ("X", "Y", None),
    "odd__seen": ("x", None),
    "rosters__driver": ("d", None),
}
STEP = timedelta(minutes=90)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))
near = st.builds(
    lambda steps, seconds: datetime(2024, 2, 1, 0, 0, seconds, tzinfo=UTC) + steps * STEP,
    st.integers(-48, 48),
    st.sampled_from([0, 7, 59]),
)
"""Begins of all periods are among them, and events of one time."""
trips = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.one_of(moments, near)), min_size=1, max_size=8
)


@settings(max_examples=50)
@given(events, rows)
def test_the_query_is_a_loop_over_the_rows(
    asked: list[tuple[tuple[str | None, int | None], datetime]], told: list[Row]
) -> None:
    known = list({(key, since): (key, since, value) for key, since, value in told}.values())
    left = pl.DataFrame(
        [(*key, time) for key, time in asked],
        {"line": pl.String, "stop": pl.Int64, EVENT_TIME: TIME},
        orient="row",
    )
    right = pl.DataFrame(
        [
            (*key, value, None if value is None else str(value), since)
            for key, since, value in known
        ],
        {
            "line": pl.String,
            "stop": pl.Int64,
            "spots__late": pl.Float64,
            "spots__sky": pl.String,
            KNOWN_FROM: TIME,
        },
        orient="row",
    )
    found = answered(left, SPOTS, {"spots": right})
    assert found.select(left.columns).equals(left)
    assert found.select("spots__late", "spots__sky").rows() == [
        naive(key, time, known) for key, time in asked
    ]


@settings(max_examples=40)
@given(trips, st.randoms(use_true_random=False))
def test_the_query_finds_what_a_training_set_holds(
    asked: list[tuple[str | None, datetime]], random: Random
) -> None:
    left = pl.DataFrame(asked, {"bus": pl.String, EVENT_TIME: TIME}, orient="row")
    known = {view.name: _rows(view, left, random) for view in views_of(CLOCKS)}
    ours = join_features(left, CLOCKS, known)
    theirs = answered(left, CLOCKS, known)
    assert theirs.columns == ours.columns
    assert theirs.rows() == ours.rows()


def test_events_are_read_once_a_view_and_once_more_a_step() -> None:
    """Trino reads a table expression as often as it is named, and what that names again."""
    sql = point_in_time_sql(CLOCKS, database="db", events="mine")
    steps = dict(re.findall(r'^(?:WITH )?("\w+") AS \(\n(.*?)^\)', sql, re.MULTILINE | re.DOTALL))
    rest = sql.rpartition("\nSELECT ")[2]

    def readings(text: str) -> int:
        named = re.findall(r'(?:FROM|JOIN) ("\w+")(?! AS known|\.)', text)
        return text.count("FROM mine") + sum(readings(steps[name]) for name in named)

    views = views_of(CLOCKS)
    assert len(steps) == len(views) + 1
    assert readings(rest) == 1 + len(views) + sum(len(view.through) for view in views)


def _rows(view: View, asked: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Rows of keys that events ask for, or may, known around their times."""
    told = {}
    for event in with_periods(asked, CLOCKS).iter_rows(named=True):
        key = tuple(random.choice(KEYS.get(name) or [event[name]]) for name in view.join_keys)
        for hours in random.sample((-900, -30, -2, 0, 3), k=random.randrange(4)):
            known = event[EVENT_TIME] + timedelta(hours=hours)
            values = (random.choice(VALUES.get(name, (0.5, 7.0, None))) for name in view.names)
            if None not in key:
                told[key, known] = (*key, *values, known)
    schema = {name: TYPES[kind] for name, kind in view_columns(CLOCKS, view).items()}
    return pl.DataFrame(list(told.values()), schema, orient="row")


def test_a_problem_without_views_is_asked_for_its_events() -> None:
    problem = parse_problem(
        TRIPS
        + """\
  trips: {role: events, columns: {trip: integer, start: timestamp, delay: "number?"}}
features: {request: [trip]}
"""
    )
    sql = point_in_time_sql(problem, database="any", events="db.mine")
    events = 'WITH "_events" AS (\n  SELECT *\n  FROM db.mine\n)'
    assert sql == f'{events}\nSELECT "_events".*\nFROM "_events"\n'
    assert asked_columns(problem) == (EVENT_TIME,)


@pytest.mark.parametrize(("problem", "asked"), [(SPOTS, ("line", "stop")), (CLOCKS, ("bus",))])
def test_events_bring_the_keys_that_no_view_tells(problem: Problem, asked: tuple[str, ...]) -> None:
    assert asked_columns(problem) == (*asked, EVENT_TIME)
