from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.errors import InvalidInput
from ghosteam.learning.encoder import LARGEST, MAX_CATEGORIES, Encoder

ENCODER = Encoder(("color", "size"), {"color": ("blue", "red")})
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "color": st.none() | st.sampled_from(["blue", "red", "unseen", ""]),
            "size": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        }
    ),
    min_size=1,
)


@given(ROWS)
def test_rows_and_frames_give_the_same_matrix(rows: list[dict[str, object]]) -> None:
    frame = pl.DataFrame(rows, schema={"color": pl.String, "size": pl.Float64})
    np.testing.assert_array_equal(ENCODER.from_rows(rows), ENCODER.from_frame(frame))


def test_a_category_is_its_position_and_an_unseen_one_is_missing() -> None:
    matrix = ENCODER.from_rows([{"color": "red", "size": 2}, {"color": "mauve", "size": None}])
    assert matrix[0].tolist() == [1.0, 2.0]
    assert all(math.isnan(value) for value in matrix[1])


def test_a_number_that_does_not_fit_a_family_is_the_largest_that_does() -> None:
    sizes = [1e39, -1e300, math.inf, LARGEST, 2.0, None]
    rows = [{"color": "red", "size": size} for size in sizes]
    matrix = ENCODER.from_rows(rows)
    assert matrix[:5, 1].tolist() == [LARGEST, -LARGEST, LARGEST, LARGEST, 2.0]
    frame = pl.DataFrame(rows, schema={"color": pl.String, "size": pl.Float64})
    np.testing.assert_array_equal(matrix, ENCODER.from_frame(frame))


def test_a_missing_field_is_named_with_its_row() -> None:
    with pytest.raises(InvalidInput) as caught:
        ENCODER.from_rows([{"color": "red", "size": 1}, {"color": "red"}])
    assert caught.value.where == {"row": 1, "field": "size"}
    assert "null" in caught.value.remedy


@pytest.mark.parametrize(
    "row",
    [{"color": 3, "size": 1}, {"color": "red", "size": "wide"}, {"color": "red", "size": [1]}],
)
def test_a_field_of_another_type_is_refused_and_not_taken_for_missing(
    row: dict[str, object],
) -> None:
    with pytest.raises(InvalidInput, match="must be"):
        ENCODER.from_rows([row])


def test_a_frame_without_a_feature_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="size"):
        ENCODER.from_frame(pl.DataFrame({"color": ["red"]}))


def test_the_most_frequent_categories_are_kept_whatever_the_order_of_the_rows() -> None:
    names = [f"c{i:03d}" for i in range(MAX_CATEGORIES + 20)]
    frame = pl.DataFrame({"color": [*names, *names[-20:], None]})
    learned = Encoder.learn(frame, features=["color"], categorical=["color"])
    shuffled = Encoder.learn(
        frame.sample(fraction=1, shuffle=True, seed=1), features=["color"], categorical=["color"]
    )
    assert learned == shuffled
    assert len(learned.categories["color"]) == MAX_CATEGORIES
    assert set(names[-20:]) <= set(learned.categories["color"])


@given(st.lists(st.none() | st.sampled_from([1, 2, 3, 7]), min_size=1))
def test_numbers_that_are_categories_are_the_same_from_rows_and_frames(
    values: list[int | None],
) -> None:
    known = pl.DataFrame({"shop": [1.0, 2.0, 2.0, 3.0]})
    encoder = Encoder.learn(known, features=["shop"], categorical=["shop"])
    assert encoder.categories == {"shop": ("1", "2", "3")}
    frame = pl.DataFrame({"shop": values}, schema={"shop": pl.Float64})
    rows = [{"shop": value} for value in values]
    np.testing.assert_array_equal(encoder.from_rows(rows), encoder.from_frame(frame))
    assert math.isnan(encoder.from_rows([{"shop": 7}])[0, 0])
