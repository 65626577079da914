"""What every aggregate of a window must do."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from ghosteam.features.aggregates.aggregate import Aggregate, aggregate_of, without_rows
from ghosteam.features.window_changes import changed_partials, changed_tiles
from ghosteam.features.windows import BUCKET, VALUE, window_values, with_values
from ghosteam.problem.window import Window

START = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Row = tuple[str, float, Any]
"""A group, when the value became known (days from the first, or what stands for days), the
value.
"""
MINUTE = 60_000_000


def check_algebra(
    aggregate: Aggregate[Any],
    values: Sequence[Any],
    cuts: tuple[int, int],
    *,
    expected: Callable[[Sequence[Any]], float | None] | None = None,
) -> None:
    """``values`` became known a minute after one another, and are cut in three parts at two places;
    ``expected`` makes the feature of all of them by another way, where there is one, for a window
    that ends a minute after the last.

    Adding rows one by one, in any order, is merging any split of them; merging is associative and
    commutative, and ``empty`` changes nothing. An answer without rows that is a number is one for
    all rows.
    """
    first, last = sorted(cuts)
    rows = [(value, number * MINUTE) for number, value in enumerate(values)]
    one, two, three = (
        _added(aggregate, part) for part in (rows[:first], rows[first:last], rows[last:])
    )
    merge, whole = aggregate.merge, _added(aggregate, rows)
    assert merge(merge(one, two), three) == whole, f"{aggregate.name} depends on the split"
    assert merge(one, merge(two, three)) == whole, f"{aggregate.name} is not associative"
    assert merge(two, one) == merge(one, two), f"{aggregate.name} is not commutative"
    assert merge(whole, aggregate.empty()) == merge(aggregate.empty(), whole) == whole
    assert _added(aggregate, rows[::-1]) == whole, f"{aggregate.name} depends on the order"
    found = aggregate.finish(whole, len(rows) * MINUTE)
    nothing = without_rows(aggregate)
    wanted = expected(values) if expected else found
    assert _equal(found, wanted), f"{aggregate.name} is {found}, not {wanted}"
    assert nothing is None or found is not None, f"{aggregate.name} is known without rows alone"


def check_window(
    aggregate: Aggregate[Any],
    rows: Sequence[Row],
    *,
    days: int,
    every: timedelta = DAY,
    n: int | None = None,
) -> None:
    """Windows of ``days`` days over ``rows``, by a loop over all rows for each group and day;
    ``n``: which one it is of those that are numbered. ``every``: the period that stands for a day.

    The form for polars is the plain one, to the last bit in whatever order rows come, and there is
    a value for each day that covers a row and for no other.
    """
    window = _window(aggregate, days * every, n)
    aggregate = aggregate_of(window)
    table = window_values(_frame(rows, every), window)
    assert table.equals(window_values(_frame(rows[::-1], every), window)), (
        f"{aggregate.name} depends on the order of rows"
    )
    found = {(group, (bucket - START) // every): value for group, bucket, value in table.rows()}
    known = [math.floor(day) for _, day, _ in rows]
    wanted = {}
    for group in {group for group, _, _ in rows}:
        for bucket in range(min(known), max(known) + days + 2):
            covered = [
                (value, _at(day, every))
                for who, day, value in rows
                if who == group and bucket - days <= day < bucket
            ]
            if covered:
                partial = _added(aggregate, covered)
                wanted[group, bucket] = aggregate.finish(partial, _at(bucket, every))
    assert found.keys() == wanted.keys(), f"{aggregate.name}: days without rows, or too few"
    for place, value in wanted.items():
        assert _equal(found[place], value), f"{aggregate.name}: {found[place]}, plainly {value}"


def check_change(
    aggregate: Aggregate[Any],
    before: Sequence[Row],
    now: Sequence[Row],
    *,
    days: int,
    every: timedelta = DAY,
) -> None:
    """Where the rows ``before`` give way to the rows ``now``, adding what that changes to what was
    there is making the window anew, to the last bit. For aggregates that are additive.
    """
    window = _window(aggregate, days * every)
    nothing = _frame([], every)
    key = ["group", BUCKET]
    was = _change(_frame(before, every), nothing, window)
    change = _change(_frame(now, every), _frame(before, every), window)
    columns = [name for name in change.columns if name not in key]
    summed = pl.concat([was, change]).group_by(key).agg(pl.col(columns).sum())
    found = with_values(summed, window).sort(key).select(*key, window.name)
    wanted = window_values(_frame(now, every), window)
    assert found.equals(wanted), f"{aggregate.name}: {found} after a change, made anew {wanted}"


def _change(now: pl.DataFrame, before: pl.DataFrame, window: Window) -> pl.DataFrame:
    return changed_partials(changed_tiles(now, before, window), window)


def _window(aggregate: Aggregate[Any], over: timedelta, n: int | None = None) -> Window:
    return Window.model_validate(
        {
            "name": "value",
            "by": ["group"],
            "aggregate": aggregate.name,
            "of": aggregate.of,
            "over": over,
            "min_rows": 0,
            "n": n,
        }
    )


def _added(aggregate: Aggregate[Any], rows: Sequence[tuple[Any, int]]) -> Any:
    partial = aggregate.empty()
    for value, at in rows:
        partial = aggregate.add(partial, value, at)
    return partial


def _at(day: float, every: timedelta) -> int:
    """Microseconds since 1970."""
    return (START + day * every - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _frame(rows: Sequence[Row], every: timedelta) -> pl.DataFrame:
    kind = pl.String if any(isinstance(value, str) for *_, value in rows) else pl.Float64
    return pl.DataFrame(
        [(group, value, START + day * every) for group, day, value in rows],
        schema={"group": pl.String, VALUE: kind, "known_at": pl.Datetime("us", "UTC")},
        orient="row",
    )


def _equal(found: float | None, wanted: float | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-24)
