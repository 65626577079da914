"""Batches by the times of their rows: what an index answers is what looking at all of them says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from ghosteam.aws.batch_index import BatchIndex, ListedBatches
from ghosteam.aws.batches import BatchLedger
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.counted_batch import CountedBatch, Place
from tests.unit.data.memory import MemoryState
from tests.unit.data.world import Kill

START = datetime(2024, 3, 1, tzinfo=UTC)
Minutes = tuple[int, int] | None
SPANS = st.none() | st.tuples(
    st.integers(0, 5000), st.sampled_from([0, 1, 5, 60, 600, 40_000, 3_000_000])
)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def batch(number: int, span: Minutes) -> BatchRecord:
    """A batch that lasts so many minutes from a minute on."""
    landed = (START + timedelta(days=99, seconds=-number)).isoformat()
    source = LandedObject("landing", f"p/d/{number}", None, f"{number:04X}", 1, landed)
    begin, end = (at(span[0]), at(sum(span))) if span else (None, None)
    return BatchRecord(
        f"b{number}",
        "p",
        "d",
        "validated",
        source,
        landed,
        min_time=begin.isoformat() if begin else None,
        max_time=end.isoformat() if end else None,
    )


def place(record: BatchRecord) -> Place:
    return Place(record.source.key, record.source.landed_at, record.source.sequencer)


def both(spans: Sequence[Minutes]) -> tuple[BatchIndex, ListedBatches]:
    index = BatchIndex(MemoryState(Kill()), "p", state_keys.counted_batches("d"))
    records = [batch(number, span) for number, span in enumerate(spans)]
    for record in records:
        index.move(record, place(record))
    return index, ListedBatches(CountedBatch(record, (place(record),)) for record in records)


@given(st.lists(SPANS, max_size=20), st.integers(-100, 6000), st.integers(1, 3000))
def test_an_index_finds_what_touches_a_stretch_and_nothing_else(
    spans: list[Minutes], begin: int, length: int
) -> None:
    index, listed = both(spans)
    wanted = [(at(begin), at(begin + length)), (at(0), at(1))]
    assert index.touching(wanted) == listed.touching(wanted)
    assert index.timeless() == listed.timeless()
    assert index.has_timeless() == listed.has_timeless()
    assert index.all() == listed.all()


@given(st.lists(SPANS, max_size=20), st.none() | st.integers(-100, 6000))
def test_an_index_knows_the_newest_time_of_all_batches_and_of_those_before(
    spans: list[Minutes], before: int | None
) -> None:
    index, listed = both(spans)
    limit = None if before is None else at(before)
    assert index.newest_end(before=limit) == listed.newest_end(before=limit)


def test_a_batch_that_counts_nowhere_is_filed_no_more() -> None:
    index, _ = both([(0, 1), (2, 1)])
    first = batch(0, (0, 1))
    elsewhere = Place("p/d/elsewhere", "2030-01-01", "1")
    index.place(first, "p/d/elsewhere", elsewhere, every=list)
    index.place(first, first.source.key, None, every=list)
    assert [one.batch.batch_id for one in index.all()] == ["b1", "b0"]
    index.place(first, "p/d/elsewhere", None, every=list)
    assert index.find(first) is None
    assert [one.batch.batch_id for one in index.all()] == ["b1"]


def test_what_landed_before_there_was_an_index_counts_and_is_filed_when_a_file_lands() -> None:
    state = MemoryState(Kill())
    old = [batch(number, (number * 60, 5)) for number in range(3)]
    ledger = BatchLedger(state)
    for record in old:
        ledger.begin(record)
        ledger.land(record, record.source)
    for prefix in (state_keys.COUNTED_BATCHES, state_keys.INDEX_BACKFILLS):
        for document in list(state.list("p", prefix)):
            state.delete("p", document)
    reader = BatchLedger(state)
    assert isinstance(reader.index("p", "d"), ListedBatches)
    stretch = [(at(60), at(61))]
    assert [one.batch.batch_id for one in reader.index("p", "d").touching(stretch)] == ["b1"]
    assert [one.batch_id for one in reader.active("p", "d")] == ["b2", "b1", "b0"]
    new = batch(3, (60, 1))
    writer = BatchLedger(state)
    writer.begin(new)
    writer.land(new, new.source)
    assert isinstance(reader.index("p", "d"), BatchIndex)
    assert [one.batch.batch_id for one in reader.index("p", "d").touching(stretch)] == ["b3", "b1"]
    assert [one.batch_id for one in reader.active("p", "d")] == ["b3", "b2", "b1", "b0"]


PLACES = st.lists(
    st.tuples(st.integers(0, 6), st.none() | st.integers(0, 9)), min_size=1, max_size=30
)


@given(PLACES)
def test_a_file_at_more_keys_than_are_filed_keeps_its_latest_places(
    changes: list[tuple[int, int | None]],
) -> None:
    """Some are filed; whether there are others is known, and they are looked up when it matters."""
    record, there = batch(0, (0, 1)), dict[str, Place]()
    index = BatchIndex(MemoryState(Kill()), "p", state_keys.counted_batches("d"))
    looked_up = 0

    def every() -> list[Place]:
        nonlocal looked_up
        looked_up += 1
        return list(there.values())

    with mock.patch("ghosteam.documents.counted_batch.MOST_PLACES", 3):
        for number, second in changes:
            key = f"k{number}"
            there.pop(key, None)
            if second is not None:
                there[key] = Place(key, f"2030-01-01T00:00:0{second}", "1")
            index.place(record, key, there.get(key), every=every)
            filed, wanted = index.find(record), sorted(there.values(), key=lambda one: one.order)
            assert (filed is None) == (not wanted)
            if filed:
                assert list(filed.places) == wanted[-len(filed.places) :]
                assert len(filed.places) == len(wanted) or filed.more
                assert filed.latest == wanted[-1] and len(filed.places) <= 3
    if len({number for number, _ in changes}) <= 3:
        assert not looked_up


def test_whoever_changes_a_key_while_all_are_looked_up_is_heard() -> None:
    record, state = batch(0, (0, 1)), MemoryState(Kill())
    index = BatchIndex(state, "p", state_keys.counted_batches("d"))
    first, second, third = (Place(f"k{n}", f"2030-01-0{n}", "1") for n in (1, 2, 3))
    looks = [[first, second], [first], [first]]
    with mock.patch("ghosteam.documents.counted_batch.MOST_PLACES", 1):
        for place in (first, second, third):
            index.place(record, place.key, place, every=list)
        index.place(record, third.key, None, every=lambda: looks.pop(0))
    filed = index.find(record)
    assert filed is not None and (filed.places, filed.more) == ((first,), False)
    assert looks == []
