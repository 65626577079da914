"""A batch is held against the batches before it by what their profiles say for sure."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from ghosteam.data.batch_drift import BatchDrift, batch_drift, compared_columns
from ghosteam.data.profile import profile_column
from ghosteam.documents.batch_profile import BatchProfile
from ghosteam.problem.datasets import Column
from ghosteam.undetermined import Undetermined
from tests import documents
from tests.builders import flights_problem

ROWS = 5000
NORMAL_A_DEVIATION_APART = 0.3829
"""The greatest distance of the distribution functions: 2 Φ(1/2) - 1."""


def profile(**columns: Any) -> BatchProfile:
    kinds = {"f": "number", "i": "integer", "b": "boolean", "U": "string", "O": "string"}
    return documents.batch_profile(
        columns={
            name: profile_column(
                pl.Series(values), Column(type=kinds[np.asarray(values).dtype.kind], nullable=True)
            )
            for name, values in columns.items()
        }
    )


def distance(now: Any, *before: Any) -> float:
    found = batch_drift(profile(x=now), [profile(x=one) for one in before], ["x"])
    assert isinstance(found, BatchDrift) and found.column == "x"
    return found.distance


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rows", [40, 5000])
def test_batches_of_one_distribution_are_not_apart(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    for draw in (
        lambda: random.normal(size=rows),
        lambda: random.integers(0, 2, rows),
        lambda: random.poisson(0.4, rows),
        lambda: random.random(rows) < 0.3,
        lambda: random.choice(["a", "b", "c"], rows, p=[0.7, 0.2, 0.1]),
        lambda: random.zipf(1.5, rows).astype(str),
        lambda: np.array([f"name {number}" for number in random.integers(0, 10**9, rows)]),
    ):
        assert distance(draw(), draw(), draw(), draw()) == 0


def test_the_distance_of_numbers_is_that_of_their_distribution_functions_at_most() -> None:
    random = np.random.default_rng(1)
    far = distance(random.normal(1, size=ROWS), random.normal(size=ROWS), random.normal(size=ROWS))
    assert 0.25 < far < NORMAL_A_DEVIATION_APART
    assert distance(np.full(ROWS, 7.0), random.normal(size=ROWS)) > 0.9


def test_shares_that_move_are_told() -> None:
    half, all_but_few = np.arange(ROWS) % 2 == 0, np.arange(ROWS) % 10 != 0
    assert 0.3 < distance(all_but_few, half) < 0.4
    letters = np.array(["a", "b"])
    assert 0.3 < distance(letters[all_but_few.astype(int)], letters[half.astype(int)]) < 0.4
    assert 0.85 < distance(np.full(ROWS, "new"), letters[half.astype(int)]) < 1
    lacking = [None if one else 1.0 for one in half]
    found = batch_drift(
        documents.batch_profile(
            columns={"x": profile_column(pl.Series(lacking), Column(type="number", nullable=True))}
        ),
        [profile(x=np.ones(ROWS))],
        ["x"],
    )
    assert isinstance(found, BatchDrift) and 0.4 < found.distance < 0.5


def test_the_farthest_column_is_named() -> None:
    same, other = np.zeros(ROWS), np.ones(ROWS)
    found = batch_drift(profile(a=same, b=other), [profile(a=same, b=same)], ["a", "b", "c"])
    assert isinstance(found, BatchDrift) and found.column == "b"


def test_of_too_few_rows_nothing_is_said() -> None:
    many, few = profile(x=np.zeros(ROWS)), profile(x=np.zeros(29))
    assert isinstance(batch_drift(many, [], ["x"]), Undetermined)
    assert isinstance(batch_drift(few, [many], ["x"]), Undetermined)
    assert isinstance(batch_drift(many, [few], ["x"]), Undetermined)
    assert isinstance(batch_drift(many, [profile(x=np.full(ROWS, "a"))], ["x"]), Undetermined)


def test_names_of_rows_and_times_are_not_compared() -> None:
    problem = flights_problem()
    columns = compared_columns(problem, "flights")
    assert "distance" in columns and "arr_delay" in columns
    times = {"year", "month", "day", "minute", "time_hour"}
    assert not {*times, *problem.event_id} & set(columns)
    assert "temp" in compared_columns(problem, "weather")
    assert "origin" not in compared_columns(problem, "weather")
