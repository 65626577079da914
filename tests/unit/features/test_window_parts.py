"""All windows are made in parts: each batch is in one, none is too large, and none stays out."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents.counted_batch import CountedBatch, Place
from ghosteam.steps.window_parts import parts_of
from tests import documents
from tests.documents import DAY

SIZES = st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(0, 9)), max_size=30)


def _counted(number: int, rows: int, day: int | None) -> CountedBatch:
    moment = None if day is None else (DAY + day * timedelta(days=1)).isoformat()
    span = {"min_time": moment, "max_time": moment}
    batch = documents.batch(f"{number:04x}", rows=rows, **span)
    return CountedBatch(batch, (Place(f"k{number}", DAY.isoformat(), "1"),))


@given(SIZES)
def test_batches_are_made_in_parts_of_a_bounded_size_from_the_oldest_on(
    sizes: list[tuple[int, int | None]],
) -> None:
    waiting = [_counted(number, *size) for number, size in enumerate(sizes)]
    by_id = {one.batch.batch_id: one for one in waiting}
    parts = list(parts_of(waiting, rows=10, batches=4))
    moves = list(chain.from_iterable(parts))
    assert sorted(move.batch_id for move in moves) == sorted(by_id)
    days = [by_id[move.batch_id].span for move in moves]
    timed = [span[0] for span in days if span]
    assert timed == sorted(timed) and all(days[: len(timed)]), "without times they come last"
    for part in parts:
        assert 0 < len(part) <= 4
        assert len(part) == 1 or sum(by_id[one.batch_id].batch.rows for one in part) <= 10
        assert all(one.place == by_id[one.batch_id].latest for one in part)
