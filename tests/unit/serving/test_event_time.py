"""The request path computes the same event time as the training set."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.derive import time_column
from ghosteam.errors import InvalidInput
from ghosteam.problem.timeexpr import parse_time_expression
from ghosteam.serving.event_time import time_of

MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
NUMBERS = st.one_of(st.none(), st.integers(-10_000, 10_000), st.floats(-10_000, 10_000))
UNITS = st.sampled_from(["seconds", "minutes", "hours", "days"])


@given(
    MOMENTS,
    st.lists(st.tuples(NUMBERS, UNITS), max_size=3),
    st.sampled_from(["", " + 1h", " + 90s + 2d"]),
)
def test_it_equals_the_polars_expression_to_the_microsecond(
    moment: datetime, offsets: list[Any], constant: str
) -> None:
    text = "base" + "".join(f" + c{i} {unit}" for i, (_, unit) in enumerate(offsets)) + constant
    expression = parse_time_expression(text)
    row = {"base": moment, **{f"c{i}": value for i, (value, _) in enumerate(offsets)}}
    schema: dict[str, Any] = {
        "base": pl.Datetime("us", "UTC"),
        **{f"c{i}": pl.Float64 for i in range(len(offsets))},
    }
    expected = (
        pl.DataFrame([row], schema=schema, strict=False).select(time_column(expression)).item()
    )
    assert time_of(expression, row) == expected


def test_a_time_without_a_zone_is_one_in_utc_and_others_are_converted() -> None:
    expression = parse_time_expression("base + minute minutes")
    expected = datetime(2013, 4, 1, 9, 15, tzinfo=UTC)
    eastern = datetime(2013, 4, 1, 5, tzinfo=timezone(timedelta(hours=-4)))
    assert time_of(expression, {"base": datetime(2013, 4, 1, 9), "minute": 15}) == expected
    assert time_of(expression, {"base": eastern, "minute": 15}) == expected


def test_a_time_out_of_range_names_its_fields() -> None:
    expression = parse_time_expression("base + c days")
    with pytest.raises(InvalidInput) as caught:
        time_of(expression, {"base": datetime(2013, 1, 1), "c": 10**9})
    assert caught.value.where == {"field": "base, c"}
