"""What every aggregate of a window must do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from ghosteam.features.aggregates.aggregate import Aggregate
from ghosteam.features.window_changes import changes, with_values
from ghosteam.features.windows import BUCKET, window_values
from ghosteam.problem.window import Window

START = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Row = tuple[str, float, float]
"""A group, when the outcome became known (days from the first), the outcome."""


def check_algebra(
    aggregate: Aggregate[Any],
    values: Sequence[float],
    cuts: tuple[int, int],
    *,
    expected: Callable[[Sequence[float]], float | None],
) -> None:
    """``values`` are outcomes, cut in three parts at two places; ``expected`` makes the feature of
    all of them by another way.

    Adding rows one by one, in any order, is merging any split of them; merging is associative and
    commutative, and ``empty`` changes nothing. An answer without rows that is a number is one for
    all rows.
    """
    first, last = sorted(cuts)
    one, two, three = (
        _added(aggregate, part) for part in (values[:first], values[first:last], values[last:])
    )
    merge, whole = aggregate.merge, _added(aggregate, values)
    assert merge(merge(one, two), three) == whole, f"{aggregate.name} depends on the split"
    assert merge(one, merge(two, three)) == whole, f"{aggregate.name} is not associative"
    assert merge(two, one) == merge(one, two), f"{aggregate.name} is not commutative"
    assert merge(whole, aggregate.empty()) == merge(aggregate.empty(), whole) == whole
    assert _added(aggregate, values[::-1]) == whole, f"{aggregate.name} depends on the order"
    found, nothing = aggregate.finish(whole), aggregate.finish(aggregate.empty())
    assert _equal(found, expected(values)), f"{aggregate.name} is {found}, not {expected(values)}"
    assert nothing is None or found is not None, f"{aggregate.name} is known without rows alone"


def check_window(aggregate: Aggregate[Any], rows: Sequence[Row], *, days: int) -> None:
    """Windows of ``days`` days over ``rows``, by a loop over all rows for each group and day.

    The form for polars is the plain one, to the last bit in whatever order rows come, and there is
    a value for each day that covers a row and for no other.
    """
    window = _window(aggregate, days)
    table = window_values(_frame(rows), window)
    assert table.equals(window_values(_frame(rows[::-1]), window)), (
        f"{aggregate.name} depends on the order of rows"
    )
    found = {(group, (bucket - START) // DAY): value for group, bucket, value in table.rows()}
    known = [math.floor(day) for _, day, _ in rows]
    wanted = {}
    for group in {group for group, _, _ in rows}:
        for bucket in range(min(known), max(known) + days + 2):
            covered = [
                value for who, day, value in rows if who == group and bucket - days <= day < bucket
            ]
            if covered:
                wanted[group, bucket] = aggregate.finish(_added(aggregate, covered))
    assert found.keys() == wanted.keys(), f"{aggregate.name}: days without rows, or too few"
    for place, value in wanted.items():
        assert _equal(found[place], value), f"{aggregate.name}: {found[place]}, plainly {value}"


def check_change(
    aggregate: Aggregate[Any], before: Sequence[Row], now: Sequence[Row], *, days: int
) -> None:
    """Where the rows ``before`` give way to the rows ``now``, adding what that changes to what was
    there is making the window anew, to the last bit. For aggregates that are additive.
    """
    window = _window(aggregate, days)
    nothing = _frame([])
    key = ["group", BUCKET]
    was = _partials(changes(_frame(before), nothing, window))
    change = _partials(changes(_frame(now), _frame(before), window))
    columns = [name for name in change.columns if name not in key]
    summed = pl.concat([was, change]).group_by(key).agg(pl.col(columns).sum())
    found = with_values(summed, window).sort(key).select(*key, window.name)
    wanted = window_values(_frame(now), window)
    assert found.equals(wanted), f"{aggregate.name}: {found} after a change, made anew {wanted}"


def _partials(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(list(frames))


def _window(aggregate: Aggregate[Any], days: int) -> Window:
    return Window.model_validate(
        {
            "name": "value",
            "by": ["group"],
            "aggregate": aggregate.name,
            "of": aggregate.of,
            "over": timedelta(days=days),
            "min_rows": 0,
        }
    )


def _added(aggregate: Aggregate[Any], values: Sequence[float]) -> Any:
    partial = aggregate.empty()
    for value in values:
        partial = aggregate.add(partial, value)
    return partial


def _frame(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [(group, value, START + day * DAY) for group, day, value in rows],
        schema={"group": pl.String, "target": pl.Float64, "known_at": pl.Datetime("us", "UTC")},
        orient="row",
    )


def _equal(found: float | None, wanted: float | None) -> bool:
    if found is None or wanted is None:
        return found is wanted
    return math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-24)
