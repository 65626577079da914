"""What is read and written for a batch does not grow with what came before it: counted, for a clock
lies on a busy machine.
"""

from __future__ import annotations

from dataclasses import asdict

from tests.growth import Reads, Stream

MORE = {
    "objects": 1,
    "documents": 8,
    "items": 12,
    "written_objects": 0,
    "written_documents": 8,
    "written_items": 12,
}
"""So many more may be read, and written, for the fiftieth minute than for the tenth: a batch whose
time touches, the windows' rows of both sides of a day.
"""
MORE_BYTES = 1.25


def test_the_fiftieth_minute_of_a_stream_reads_what_the_tenth_does() -> None:
    stream = Stream()
    reads = [stream.next() for _ in range(50)]
    # From the ninth on, a batch is held against as many before it as ever.
    tenth, fiftieth = asdict(reads[9]), asdict(reads[49])
    for name, constant in MORE.items():
        assert fiftieth[name] <= tenth[name] + constant, (name, tenth, fiftieth)
    for name in ("object_bytes", "document_bytes", "item_bytes"):
        assert fiftieth[name] <= MORE_BYTES * tenth[name], (name, tenth, fiftieth)


def test_reads_are_counted() -> None:
    stream = Stream()
    first, second = stream.next(), stream.next()
    assert first.items < second.items, "next to nothing is online yet"
    assert all(value > 0 for value in asdict(second).values()), second
    assert stream.reads.since(first).objects == second.objects
    assert second.since(second) == Reads()
