"""A batch that counts, by the time that its rows span: what makes "the batches that touch these
days" a question whose answer costs what it holds, and not what ever landed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.landing import sequence
from ghosteam.documents.stored import Stored

TIMELESS = "t"
CLASSES: tuple[timedelta, ...] = tuple(timedelta(minutes=8**power) for power in range(8))
"""Spans are filed by their length: each class holds those up to so long, the last one all others.
What touches a stretch begins within it, or before it by no more than the class's length.
"""
LONGEST = datetime.max - datetime.min
Order = tuple[str, str, str]
"""Where a batch stands among the others: time of its landing, landing key, sequencer."""


@dataclass(frozen=True)
class Place:
    """A landing key that holds the batch, since a version of its object."""

    key: str
    landed_at: str
    sequencer: str

    @property
    def order(self) -> Order:
        """Events tell the second of a landing; within it the keys' names give the order, and within
        a key S3's sequencer.
        """
        return self.landed_at, self.key, sequence(self.sequencer)


@dataclass(frozen=True)
class CountedBatch(Stored):
    """A validated batch and the landing keys at which it counts."""

    kind: ClassVar[str] = "counted batch"
    schema_version: ClassVar[int] = 2

    batch: BatchRecord
    places: tuple[Place, ...]

    @property
    def latest(self) -> Place:
        """Its latest landing, which is the one that counts."""
        return max(self.places, key=lambda place: place.order)

    @property
    def order(self) -> Order:
        """Where it stands among the others."""
        return self.latest.order

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Times that its rows span; None without times."""
        return span_of(self.batch)

    def placed(self, key: str, place: Place | None) -> CountedBatch:
        """With ``place`` at a landing key, or without that key."""
        others = tuple(known for known in self.places if known.key != key)
        return replace(self, places=(*others, place) if place else others)


def span_of(batch: BatchRecord) -> tuple[datetime, datetime] | None:
    """Times that a batch's rows span, or None for a batch without times."""
    if batch.min_time is None or batch.max_time is None:
        return None
    return datetime.fromisoformat(batch.min_time), datetime.fromisoformat(batch.max_time)


def spans_of(batch: BatchRecord) -> list[tuple[datetime, datetime]]:
    """Times that a batch's rows span, and that those spanned which it had before."""
    return [span for span in map(span_of, batch.revisions) if span]


def filed_at(batch: BatchRecord) -> str:
    """Where a batch is filed, in its data set's part of the index."""
    span = span_of(batch)
    if span is None:
        return f"{TIMELESS}#{batch.batch_id}"
    length = span[1] - span[0]
    number = sum(longest < length for longest in CLASSES)
    return f"{number}#{sortable(span[0])}#{batch.batch_id}"


def sortable(moment: datetime) -> str:
    """A time whose order is that of its text."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def stretches(begin: datetime, end: datetime) -> list[tuple[str, str]]:
    """For each class the texts between which those are filed that may touch ``[begin, end)``."""
    return [
        (f"{number}#{sortable(_earlier(begin, longest))}", f"{number}#{sortable(end)}")
        for number, longest in enumerate((*CLASSES, LONGEST))
    ]


def longest_in(number: int) -> timedelta:
    """The longest span of a class."""
    return CLASSES[number] if number < len(CLASSES) else LONGEST


def _earlier(moment: datetime, by: timedelta) -> datetime:
    first = datetime.min.replace(tzinfo=UTC)
    return moment - by if moment - first > by else first
