"""What could be read at a time, against the definition read literally: from all batches that were
there by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghosteam.features.aggregates.aggregate import AGGREGATES
from ghosteam.features.available import Availability, available_views
from ghosteam.features.codec import FeatureValue
from ghosteam.features.view_rows import ALWAYS, KNOWN_FROM
from ghosteam.features.views import View, views_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem

TEXT = """
version: 1
problem: rides
task: binary
entities: {rider: [rider]}
event_time: starts
target: {name: late, expr: delay > 5, known_at: starts + delay hours}
datasets:
  rides:
    role: events
    id: [rider]
    columns: {rider: integer, starts: timestamp, line: string, delay: "number?"}
  weather: {key: [line], time: hour, every: 1d, known_after: 6h,
    columns: {line: string, hour: timestamp, temp: "number?"}}
  buses: {key: [line], static: true, columns: {line: string, seats: "integer?"}}
features:
  clock: available_at
  join: [weather.temp, buses.seats]
  windows:
    - {name: late_2d, by: [line], rate: late, over: 2d, min_rows: 2}
    - {name: rides_1d, by: [line], count: rows, over: 1d}
    - {name: share, by: [line], sum: rider, over: [1d, 2d], ratio_to: 3d}
    - {name: worst, by: [line], max: rider, over: [1d, 2d], where: "rider < 5"}
    - {name: soon, by: [line], sum: rider, over: [30m, 4h], ratio_to: 12h}
    - {name: peak, by: [line], max: rider, over: [1h, 7h]}
"""
LABELLED = TEXT.replace(', line: string, delay: "number?"}', ", line: string}").replace(
    "  weather:",
    "  notes: {role: labels, of: rides, columns: {rider: integer, delay: 'number?'}}\n  weather:",
)
TOGETHER = LABELLED.replace("  windows:", "  windows_online: together\n  windows:")
START = datetime(2024, 3, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UTC_TIME = pl.Datetime("us", "UTC")
LINES = "AB"
ASKED = [START + number * 5 * HOUR + number % 2 * 13 * MINUTE for number in range(36)]
Row = tuple[Any, ...]
HOURS = st.integers(0, 150).map(lambda hours: START + hours * HOUR)
ROWS: dict[str, st.SearchStrategy[Row]] = {
    "rides": st.tuples(
        st.integers(0, 5),
        st.integers(0, 90).map(lambda hours: START + hours * HOUR),
        st.sampled_from(LINES),
        st.sampled_from([None, 1.0, 9.0]),
    ),
    "notes": st.tuples(st.integers(0, 5), st.sampled_from([None, 1.0, 9.0])),
    "weather": st.tuples(st.sampled_from(LINES), HOURS, st.sampled_from([None, 1.0, 2.0])),
    "buses": st.tuples(st.sampled_from(LINES), st.sampled_from([None, 40, 50])),
}


class Part:
    """Rows of a batch, available ``since`` then, or for nobody knows how long; ``replaced``: others
    have taken its place.
    """

    def __init__(self, rows: Sequence[Row], since: datetime | None, replaced: bool) -> None:
        self.rows, self.since, self.replaced = rows, since, replaced


def part_of(rows: st.SearchStrategy[Row]) -> st.SearchStrategy[Part]:
    return st.builds(
        Part,
        st.lists(rows, min_size=1, max_size=6),
        st.one_of(
            st.none(),
            HOURS,
            HOURS.map(lambda hour: hour.replace(hour=0)),
            HOURS.map(lambda hour: hour + 12 * MINUTE),
        ),
        st.booleans(),
    )


def lakes(problem: Problem) -> st.SearchStrategy[dict[str, list[Part]]]:
    return st.fixed_dictionaries(
        {
            name: st.lists(part_of(ROWS[name]), min_size=1, max_size=4)
            for name in problem.used_datasets
        }
    )


def frame_of(problem: Problem, dataset: str, rows: Sequence[Row]) -> pl.DataFrame:
    kinds = {"integer": pl.Int64, "number": pl.Float64, "string": pl.String, "timestamp": UTC_TIME}
    columns = problem.datasets[dataset].columns
    schema: Any = {name: kinds[column.type] for name, column in columns.items()}
    return pl.DataFrame([row[: len(schema)] for row in rows], schema, orient="row")


def key_of(dataset: str, number: int) -> str:
    return f"validated/rides/{dataset}/{dataset}{number}/part-00000.parquet"


def found_by(problem: Problem, lake: Mapping[str, list[Part]]) -> dict[str, pl.DataFrame]:
    frames = {
        key_of(name, number): frame_of(problem, name, part.rows)
        for name, parts in lake.items()
        for number, part in enumerate(parts)
    }
    counts = {
        name: [key_of(name, number) for number, part in enumerate(parts) if not part.replaced]
        for name, parts in lake.items()
    }
    history = {
        name: [key_of(name, number) for number in range(len(parts))] for name, parts in lake.items()
    }
    since = {
        f"{name}/{name}{number}": part.since
        for name, parts in lake.items()
        for number, part in enumerate(parts)
        if part.since
    }
    return available_views(problem, counts, frames.__getitem__, Availability(since, history))


def there(parts: Sequence[Part], at: datetime, identity: slice) -> list[Row]:
    """Rows that could be read then, in landed order; of what was replaced those of identities that
    are still there.
    """
    known = {row[identity] for part in parts if not part.replaced for row in part.rows}
    return [
        row
        for part in parts
        if (part.since or ALWAYS) <= at
        for row in part.rows
        if not part.replaced or row[identity] in known
    ]


def rides_then(lake: Mapping[str, list[Part]], at: datetime) -> list[Row]:
    """Rides as they were told then: rider, start, line, delay."""
    rides = {row[0]: row for row in there(lake["rides"], at, slice(1))}
    if "notes" not in lake:
        return list(rides.values())
    notes = dict(there(lake["notes"], at, slice(1)))
    return [(*ride[:3], notes.get(rider)) for rider, ride in rides.items()]


def window_then(rides: list[Row], line: str, at: datetime, feature: str) -> float | None:
    name, written = feature.split("_")
    length = int(written[:-1]) * {"d": DAY, "h": HOUR, "m": MINUTE}[written[-1]]
    every = 5 * MINUTE if length <= HOUR else HOUR if length < DAY else DAY
    end = at - (at - START) % every

    def told(over: timedelta) -> list[tuple[int, float]]:
        return [
            (rider, delay)
            for rider, starts, of, delay in rides
            if of == line and delay is not None and end - over <= starts + delay * HOUR < end
        ]

    there = told(length)
    if name in ("share", "soon"):
        longer = sum(rider for rider, _ in told(3 * DAY if name == "share" else 12 * HOUR))
        return sum(rider for rider, _ in there) / longer if longer else None
    if name == "peak":
        return max((rider for rider, _ in there), default=None)
    if name == "worst":
        return max((rider for rider, _ in there if rider < 5), default=None)
    if name == "rides":
        return len(there) or None  # a group without rows has none; reading says 0
    return sum(delay > 5 for _, delay in there) / len(there) if len(there) >= 2 else None


def expected(
    lake: Mapping[str, list[Part]], view: View, feature: str, line: str, at: datetime
) -> FeatureValue:
    if view.kind == "window":
        return window_then(rides_then(lake, at), line, at, feature)
    if view.kind == "static":
        return dict(there(lake["buses"], at, slice(1))).get(line)
    # A day's row of 18:00 stands for the day that begins next, and is known six hours later.
    period = (at - 6 * HOUR).replace(hour=0, minute=0)

    def of_period(part: Part) -> Part:
        rows = [row for row in part.rows if period - DAY < row[1] <= period]
        return Part([(row[0], *row[1:]) for row in rows], part.since, part.replaced)

    rows = there([of_period(part) for part in lake["weather"]], at, slice(1))
    newest = max((row[1] for row in rows if row[0] == line), default=None)
    same = [row[2] for row in rows if row[:2] == (line, newest)]
    return same[-1] if same else None


def seen(rows: pl.DataFrame, view: View, name: str, line: str, at: datetime) -> FeatureValue:
    """What a point-in-time join finds."""
    there = pl.col("line") == line
    if view.period_key:
        there &= pl.col(view.period_key) == view.period_at(at)
    of_key = rows.filter(there)
    known = of_key.filter(pl.col(KNOWN_FROM) <= at).sort(KNOWN_FROM)
    assert of_key.is_empty() or known.height, "a join would lose the event"
    value: FeatureValue = known[name][-1] if known.height else None
    return value or None if name == "rides_1d" else value


@contextmanager
def not_additive(name: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AGGREGATES.find(name), "additive", False)
        yield


def check(problem: Problem, lake: Mapping[str, list[Part]]) -> None:
    if any(all(part.replaced for part in lake[name]) for name in lake):
        return  # there is nothing to train on
    views = found_by(problem, lake)
    for view in views_of(problem):
        assert views[view.name].select(*view.join_keys, KNOWN_FROM).is_unique().all()
        for name, line, at in product(view.features.values(), LINES, ASKED):
            told = seen(views[view.name], view, name, line, at)
            assert told == expected(lake, view, name, line, at), (name, line, at)


@pytest.mark.parametrize(
    "text", [TEXT, LABELLED, TOGETHER], ids=["outcomes in events", "labels", "in shared rows"]
)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_each_time_finds_what_the_batches_of_then_say(text: str, data: st.DataObject) -> None:
    problem = parse_problem(text)
    check(problem, data.draw(lakes(problem)))


@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_windows_that_do_not_add_up_find_the_same(data: st.DataObject) -> None:
    problem = parse_problem(LABELLED)
    with not_additive("mean"), not_additive("count"), not_additive("sum"):
        check(problem, data.draw(lakes(problem)))
