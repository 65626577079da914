"""What was served against what the training set says."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents.parity import FAULTS, FeatureParity
from ghosteam.features.parity import Compared, differs

VALUES = st.one_of(st.none(), st.floats(-1e6, 1e6), st.just(0.0))


def frame(**columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame(columns, strict=False)


def test_each_kind_of_fault_is_counted_by_feature():
    trained = frame(a=[1.0, 2.0, 3.0, 4.0, None, None, 7.0, 8.0])
    online = frame(a=[1.0, None, 9.0, 9.0, None, 5.0, 0.0, 9.0])
    compared = Compared(
        trained,
        online,
        no_row={"a": pl.Series([False] * 6 + [True, False])},
        late={"a": pl.Series([False, False, True, False, False, False, False, False])},
        skip={"a": pl.Series([False] * 7 + [True])},
    )
    assert compared.faults("a").to_list() == [
        "equal",
        "null_online",
        "late",
        "different",
        "equal",
        "different",
        "null_online",
        None,
    ]
    found = compared.counted("a")
    assert found == FeatureParity(rows=7, null_online=2, late=1, different=2)
    assert found.equal == 2 and found.share("late") == 1 / 7


def test_an_example_of_each_feature_and_kind_names_its_row():
    trained = frame(a=[1.0, 2.0, 3.0], b=["x", "y", "z"])
    online = frame(a=[1.0, None, 4.0], b=["x", "y", "y"])
    found = Compared(trained, online).examples(["trip"], frame(trip=[1, 2, 3]))
    assert [tuple(one.values()) for one in found] == [
        ({"trip": 2}, "a", "null_online", 2.0, None),
        ({"trip": 3}, "a", "different", 3.0, 4.0),
        ({"trip": 3}, "b", "different", "z", "y"),
    ]


def test_numbers_are_equal_within_a_tolerance_and_whatever_their_type():
    left = pl.Series("a", [1, 0, 10**9, None, 1, 2])
    right = pl.Series("a", [1.0 + 1e-12, 1e-12, 1e9 + 1e-2, float("nan"), 2.0, None])
    assert differs(left, right).to_list() == [False, False, False, False, True, True]


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=20))
def test_every_row_is_of_one_kind_and_equal_sides_have_no_fault(pairs):
    left, right = (
        pl.DataFrame({"a": pl.Series([pair[i] for pair in pairs], dtype=pl.Float64)})
        for i in (0, 1)
    )
    found = Compared(left, right).counted("a")
    assert found.rows == len(pairs) and found.equal >= 0
    assert sum(found.share(fault) for fault in FAULTS) + found.equal / found.rows == pytest.approx(
        1
    )
    assert Compared(left, left).counted("a") == FeatureParity(len(pairs))


def test_no_rows_have_no_share():
    assert FeatureParity().share("different") == 0.0
