"""The fingerprint of a training set is that of its content as one CSV text, made a few rows at a
time.
"""

from __future__ import annotations

import hashlib
import tracemalloc
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.features import training_set
from ghosteam.features.training_set import summary_of
from ghosteam.problem.spec import Problem

SCHEMA = {
    "id": pl.Int64,
    "event_time": pl.Datetime("us", "UTC"),
    "target": pl.Float64,
    "text": pl.String,
    "number": pl.Float64,
    "sure": pl.Boolean,
}
ROWS = st.tuples(
    st.integers(-(2**40), 2**40),
    st.none() | st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from((0.0, 1.0)),
    st.none() | st.text(st.sampled_from('a",;\r\n é'), max_size=4),
    st.none() | st.floats(allow_nan=True),
    st.none() | st.booleans(),
)


def frame_of(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    zoned = [
        tuple(one.replace(tzinfo=UTC) if isinstance(one, datetime) else one for one in row)
        for row in rows
    ]
    return pl.DataFrame(zoned, schema=SCHEMA, orient="row")


FRAMES = st.lists(ROWS, min_size=1, max_size=9).map(frame_of)


def whole(*frames: pl.DataFrame) -> str:
    return hashlib.sha256("".join(one.write_csv() for one in frames).encode()).hexdigest()


def test_it_is_that_of_one_text_however_many_rows_are_taken_at_once(trips: Problem) -> None:
    @given(FRAMES, FRAMES, st.integers(1, 30))
    def is_the_same(train: pl.DataFrame, holdout: pl.DataFrame, cells: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training_set, "_CELLS_AT_ONCE", cells)
            found = summary_of(train, holdout, problem=trips).fingerprint
        assert found == whole(train, holdout)

    is_the_same()


def test_memory_is_bounded_by_a_slice(trips: Problem) -> None:
    rows, columns = 20_000, 30
    numbers = {f"x{n}": pl.Series(range(rows), dtype=pl.Float64) / 7 for n in range(columns)}
    frame = pl.DataFrame({"target": [0.0, 1.0] * (rows // 2), **numbers})
    holdout = frame.head(2)
    characters = len(frame.write_csv())
    tracemalloc.start()
    found = summary_of(frame, holdout, problem=trips).fingerprint
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == whole(frame, holdout)
    assert peak < characters / 2
