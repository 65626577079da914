"""What is covered, kept up to date batch by batch, answers as all batches together do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.counted import span_of
from ghosteam.documents.coverage import Coverage
from ghosteam.retraining.coverage import (
    JOINED,
    coverage_of,
    reach_of,
    with_batch,
    without_batch,
    without_timeless,
)

START = datetime(2024, 3, 1, tzinfo=UTC)
HOURS = st.tuples(st.integers(0, 400), st.sampled_from([0, 3, 30, 200]))
BATCHES = st.lists(st.tuples(HOURS, st.sampled_from([None, 0, 4])), max_size=10)


def batch(number: int, hours: tuple[int, int], labelled: int | None) -> BatchRecord:
    begin, length = (timedelta(hours=one) for one in hours)
    source = LandedObject("landing", f"p/d/{number}", None, "1", 1, "2024-03-01")
    return BatchRecord(
        f"b{number}",
        "p",
        "d",
        "validated",
        source,
        "2024-03-01",
        min_time=(START + begin).isoformat(),
        max_time=(START + begin + length).isoformat(),
        labelled_rows=labelled,
    )


@given(BATCHES, st.randoms(use_true_random=False))
def test_batches_added_in_any_order_and_twice_cover_what_they_cover_together(
    told: list[tuple[tuple[int, int], int | None]], random: object
) -> None:
    batches = [batch(number, *one) for number, one in enumerate(told)]
    again = [*batches, *batches]
    random.shuffle(again)  # type: ignore[attr-defined]
    covered = Coverage()
    for one in again:
        covered = with_batch(covered, one)
    assert covered == coverage_of(batches)


@given(BATCHES, st.integers(0, 9))
def test_a_batch_taken_out_leaves_what_the_others_cover(
    told: list[tuple[tuple[int, int], int | None]], place: int
) -> None:
    batches = [batch(number, *one) for number, one in enumerate(told)]
    if not batches:
        return
    gone = batches.pop(place % len(batches))
    reach = reach_of(gone)
    assert reach is not None
    near = [
        one
        for one in batches
        if (span := span_of(one)) and span[0] <= reach[1] and span[1] >= reach[0]
    ]
    found = without_batch(coverage_of([*batches, gone]), reach, near)
    assert found == coverage_of(batches)
    assert without_batch(found, reach, near) == found, "told twice"


def test_a_file_a_minute_makes_one_stretch() -> None:
    files = [batch(number, (number, 0), 1) for number in range(300)]
    assert len(coverage_of(files).spans) == 1
    assert timedelta(days=1) == JOINED


def test_a_batch_without_times_covers_none_but_is_there() -> None:
    static = replace(batch(0, (0, 0), None), min_time=None, max_time=None)
    covered = coverage_of([static])
    assert (covered.spans, covered.timeless) == ((), True)
    assert reach_of(static) is None
    assert without_timeless(covered) == Coverage()
