"""What was known at an event's time, against a naive loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.derive import TIME
from ghosteam.features.as_of import as_of
from ghosteam.features.view_rows import KNOWN_FROM
from ghosteam.problem.spec import EVENT_TIME

START = datetime(2024, 1, 1, tzinfo=UTC)
times = st.integers(0, 6).map(lambda hour: START + timedelta(hours=hour))
keys = st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([1, 2, None]))
events = st.lists(st.tuples(keys, times), max_size=12)
rows = st.lists(st.tuples(keys, times, st.one_of(st.none(), st.integers(0, 99))), max_size=12)
Row = tuple[tuple[str | None, int | None], datetime, int | None]


def naive(
    key: tuple[str | None, int | None], time: datetime, known: list[Row]
) -> tuple[float | None, str | None]:
    found = None, None
    newest = None
    for other, since, value in known:
        if None in key or other != key or since > time:
            continue
        if newest is None or since >= newest:
            newest = since
            found = (None, None) if value is None else (float(value), str(value))
    return found


@given(events, rows, st.integers(1, 40))
def test_the_join_is_a_loop_over_the_rows_whatever_is_read_at_once(
    asked: list[tuple[tuple[str | None, int | None], datetime]], known: list[Row], cells: int
) -> None:
    left = pl.DataFrame(
        [(number, *key, time) for number, (key, time) in enumerate(asked)],
        {"number": pl.Int64, "line": pl.String, "stop": pl.Int64, EVENT_TIME: TIME},
        orient="row",
    )
    right = pl.DataFrame(
        [
            (*key, since, value, None if value is None else str(value))
            for key, since, value in known
        ],
        {
            "line": pl.String,
            "stop": pl.Int32,
            KNOWN_FROM: TIME,
            "late": pl.Float64,
            "sky": pl.String,
        },
        orient="row",
    )
    found = as_of(left, right, keys=["line", "stop"], values=["late", "sky"], cells=cells)
    assert found.columns == [*left.columns, "late", "sky"]
    assert found.select(left.columns).equals(left)
    assert found.select("late", "sky").rows() == [naive(key, time, known) for key, time in asked]
