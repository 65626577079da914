"""Every aggregate keeps the contract and equals what Python's own library says."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghosteam.features.aggregates import _sums
from ghosteam.features.aggregates.aggregate import AGGREGATES, without_rows
from ghosteam.features.aggregates.lag import Lag
from ghosteam.features.aggregates.sum import Sum
from ghosteam.problem.aggregates import Numbered
from ghosteam.testing.aggregates import check_algebra, check_change, check_window


def mean(values: Sequence[float]) -> float | None:
    return float(sum(map(Fraction, values)) / len(values)) if values else None


def std(values: Sequence[float]) -> float | None:
    """Of the numbers as they are counted: in steps of 2**-48 up to 2**47."""
    steps = [Fraction(int(min(max(value, -(2**47)), 2**47) * 2**48), 2**48) for value in values]
    return float(statistics.stdev(steps)) if len(values) > 1 else None


def last(values: Sequence[float]) -> float | None:
    return values[-1] if values else None


EXPECTED: dict[str, Callable[[Sequence[float]], float | None]] = {
    "count": len,
    "distinct": lambda values: len(set(values)),
    "lag": last,
    "last": last,
    "max": lambda values: max(values, default=None),
    "mean": mean,
    "min": lambda values: min(values, default=None),
    "std": std,
    "sum": math.fsum,
    "time_since": lambda values: 60 if values else None,
}
NUMBERS = st.one_of(
    st.sampled_from([0.0, 1.0, 0.1, -0.1, -1e-20, 1e17, -1e17, 2.0**-43, 2.0**94]),
    st.floats(-1e12, 1e12),
    st.floats(20, 600).map(lambda value: round(value, 1)),
)
DAYS = st.integers(0, 9 * 24 * 60).map(lambda minutes: minutes / 24 / 60)
LASTING = st.one_of(
    st.tuples(st.integers(1, 4), st.just(timedelta(days=1))),
    st.tuples(st.integers(2, 4) | st.just(23), st.just(timedelta(hours=1))),
    st.tuples(st.integers(1, 4) | st.just(12), st.just(timedelta(minutes=5))),
)
"""So many periods; an hour is twelve of five minutes."""


def test_aggregates_are_what_windows_have_relied_on() -> None:
    assert all(AGGREGATES.find(name).name == name for name in AGGREGATES.names)
    without = {name: AGGREGATES.find(name) for name in EXPECTED}
    zero = {"count", "distinct", "sum"}
    assert {name for name, one in without.items() if without_rows(one) == 0} == zero
    assert {name for name, one in without.items() if without_rows(one) is None} == {*without} - zero
    assert {name: one.min_rows for name, one in without.items()} == {
        **dict.fromkeys(without, 1),
        **dict.fromkeys(zero, 0),
        "mean": 20,
        "std": 20,
    }
    assert [name for name, one in without.items() if isinstance(one, Numbered)] == ["lag"]


@pytest.mark.parametrize("name", AGGREGATES.names)
@given(
    values=st.lists(NUMBERS, max_size=20), cuts=st.tuples(st.integers(0, 20), st.integers(0, 20))
)
def test_an_aggregate_is_a_mergeable_algebra(
    name: str, values: list[float], cuts: tuple[int, int]
) -> None:
    check_algebra(AGGREGATES.find(name), values, cuts, expected=EXPECTED.get(name))


@pytest.mark.parametrize("name", AGGREGATES.names)
@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(st.tuples(st.sampled_from("AB"), DAYS, NUMBERS), min_size=1, max_size=30),
    lasting=LASTING,
)
def test_a_window_is_a_loop_over_its_rows(
    name: str, rows: list[tuple[str, float, float]], lasting: tuple[int, timedelta]
) -> None:
    days, every = lasting
    check_window(AGGREGATES.find(name), rows, days=days, every=every)


ADDITIVE = [name for name in AGGREGATES.names if AGGREGATES.find(name).additive]
ROWS = st.lists(st.tuples(st.sampled_from("AB"), DAYS, NUMBERS), max_size=30)


@given(rows=st.lists(st.tuples(st.sampled_from("AB"), DAYS, NUMBERS), min_size=1, max_size=30))
@settings(deadline=None, max_examples=30)
def test_a_lag_is_the_nth_of_the_newest(rows: list[tuple[str, float, float]]) -> None:
    for n in (1, 2, 3):
        check_window(AGGREGATES.find("lag"), rows, days=3, n=n)
    values = [value for *_, value in rows]
    wanted = values[-2] if len(values) > 1 else None
    check_algebra(Lag(2), values, (1, 2), expected=lambda _: wanted)


@given(rows=st.lists(st.tuples(st.sampled_from("AB"), DAYS, st.text("xyz", max_size=2))))
@settings(deadline=None, max_examples=30)
def test_texts_are_counted_once_each(rows: list[tuple[str, float, str]]) -> None:
    if rows:
        check_window(AGGREGATES.find("distinct"), rows, days=3)


def test_equal_numbers_do_not_deviate_however_large() -> None:
    std = AGGREGATES.find("std")
    check_algebra(std, [123456789.1] * 30, (3, 9), expected=lambda _: 0.0)
    shifted = [1e9 + value for value in (1.0, 2.0, 3.0, 4.0)]
    check_algebra(std, shifted, (1, 2), expected=lambda _: math.sqrt(5 / 3))


@pytest.mark.parametrize("name", ADDITIVE)
@settings(deadline=None, max_examples=60)
@given(before=ROWS, now=ROWS, lasting=LASTING)
def test_adding_what_changes_is_making_the_window_anew(
    name: str,
    before: list[tuple[str, float, float]],
    now: list[tuple[str, float, float]],
    lasting: tuple[int, timedelta],
) -> None:
    days, every = lasting
    check_change(AGGREGATES.find(name), before, now, days=days, every=every)
    check_change(AGGREGATES.find(name), before, before[::2], days=days, every=every)


@given(values=st.lists(NUMBERS, min_size=1, max_size=20))
@settings(deadline=None)
def test_the_sum_for_polars_is_the_plain_one_to_the_last_bit(values: list[float]) -> None:
    tile = pl.DataFrame({"value": values}).select(**_sums.tile_of(pl.col("value")))
    found = tile.select(_sums.number_in(pl.col("whole"), pl.col("fraction"))).item()
    assert found == _sums.number_of(sum(map(_sums.units_of, values)))
    exact = math.fsum(values)
    assert abs(found - exact) <= math.ulp(exact) + len(values) * 2.0**-96


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1e17, 1.0, -1e17], 1.0),  # 0 in floating point
        ([0.1] * 10, 1.0),  # 0.9999999999999999 in floating point
        ([-1e-20], -1e-20),
        ([1.5, -2.25], -0.75),
        ([2.0**95, 2.0**95], 2.0**96),
        ([1e300], 2.0**95),
        ([5e-324], 0.0),
    ],
)
def test_sums_by_hand(values: list[float], expected: float) -> None:
    assert _sums.number_of(sum(map(_sums.units_of, values))) == pytest.approx(expected, rel=1e-16)
    tile = pl.DataFrame({"value": values}).select(**_sums.tile_of(pl.col("value")))
    found = tile.select(_sums.number_in(pl.col("whole"), pl.col("fraction"))).item()
    assert found == pytest.approx(expected, rel=1e-16)


class InFloatingPoint(Sum):
    """What the contract is there to refuse."""

    def empty(self) -> Any:
        return 0.0

    def add(self, partial: Any, value: float, at: int) -> Any:
        return partial + value

    def finish(self, partial: Any, end: int) -> float:
        return float(partial)


def test_the_contract_refuses_a_sum_that_depends_on_the_order() -> None:
    with pytest.raises(AssertionError, match="sum is not associative"):
        check_algebra(InFloatingPoint(), [1.0, 1e17, -1e17], (1, 2), expected=math.fsum)
