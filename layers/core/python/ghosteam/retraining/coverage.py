"""What the batches of a data set span together, kept up to date batch by batch. Pure.

Stretches that no more than a day parts are one: no readiness asks for less, and a file a minute
makes one stretch and not a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted import span_of
from ghosteam.documents.coverage import Coverage, Stretch

Span = tuple[datetime, datetime]
JOINED = timedelta(days=1)


def coverage_of(batches: Iterable[BatchRecord]) -> Coverage:
    """What ``batches`` span."""
    known = list(batches)
    spans = [span for batch in known if (span := span_of(batch))]
    labelled = [span for batch in known if (span := span_of(batch)) and _has_outcomes(batch)]
    return Coverage(joined(spans), joined(labelled), len(spans) < len(known))


def with_batch(covered: Coverage, batch: BatchRecord) -> Coverage:
    """With a batch more; with one that is in it already the same."""
    own = coverage_of([batch])
    return Coverage(
        joined([*spans_of(covered.spans), *spans_of(own.spans)]),
        joined([*spans_of(covered.labelled), *spans_of(own.labelled)]),
        covered.timeless or own.timeless,
    )


def reach_of(batch: BatchRecord) -> Span | None:
    """What has to be looked at when a batch is taken out: what touches its span, and a day around
    it. None for a batch without times.
    """
    span = span_of(batch)
    return (span[0] - JOINED, span[1] + JOINED) if span else None


def without_batch(covered: Coverage, reach: Span, others: Sequence[BatchRecord]) -> Coverage:
    """Without a batch of the reach ``reach``; ``others``: all that are left and touch it."""
    left = coverage_of(others)
    return Coverage(
        joined([*_outside(covered.spans, reach), *spans_of(left.spans)]),
        joined([*_outside(covered.labelled, reach), *spans_of(left.labelled)]),
        covered.timeless,
    )


def without_timeless(covered: Coverage) -> Coverage:
    """Without a batch that has no times."""
    return replace(covered, timeless=False)


def joined(spans: Iterable[Span]) -> tuple[Stretch, ...]:
    """``spans`` in ascending order; those that no more than a day parts are one."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin - found[-1][1] <= JOINED:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(Stretch(begin, end) for begin, end in found)


def spans_of(stretches: Iterable[Stretch]) -> list[Span]:
    """Stretches as pairs of times."""
    return [(one.begin, one.end) for one in stretches]


def _outside(stretches: Sequence[Stretch], reach: Span) -> Iterator[Span]:
    for begin, end in spans_of(stretches):
        if begin < reach[0]:
            yield begin, min(end, reach[0])
        if end > reach[1]:
            yield max(begin, reach[1]), end


def _has_outcomes(batch: BatchRecord) -> bool:
    """Whether it holds outcomes; one of which nobody counted them may."""
    return batch.labelled_rows is None or batch.labelled_rows > 0
