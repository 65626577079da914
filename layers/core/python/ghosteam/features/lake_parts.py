"""Which parts of the lake the features of a stretch of event times come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ghosteam.documents.counted_batch import span_of
from ghosteam.problem.counted import as_counted
from ghosteam.problem.spec import EVENT_TIME, Problem

if TYPE_CHECKING:
    from ghosteam.documents.batch import BatchRecord

LABEL_DELAY = timedelta(days=30)
_LONGEST_MONTH = timedelta(days=31)
_BEGUN_DAY = timedelta(days=1)
"""A window is counted from the begin of its event's day."""
_FIRST = datetime.min.replace(tzinfo=UTC)


def outcome_reach(problem: Problem) -> timedelta:
    """How long after its event an outcome may become known and still count in windows: 30 days, or
    what ``target.matures`` and the constant part of ``target.known_at`` say if that is longer.

    Training reads so much further back than its windows, and the online store counts no more: both
    see the same rows.
    """
    return max(LABEL_DELAY, _declared(problem))


def known_within(problem: Problem) -> timedelta:
    """How long after its event an outcome that counts in windows became known at most: where that
    is the same for all, as of facts, no longer than it says.
    """
    known_at = problem.known_at_expression
    same_for_all = known_at.base == EVENT_TIME and not known_at.offsets
    return _declared(problem) if same_for_all else outcome_reach(problem)


def _declared(problem: Problem) -> timedelta:
    known_at = problem.known_at_expression
    constant = known_at.constant + known_at.months * _LONGEST_MONTH
    return max(problem.target.matures.longest, constant)


def parts_of(problem: Problem, batches: Sequence[BatchRecord]) -> list[str]:
    """Lake keys of the validated parts of batches, in the batches' order."""
    return [key for batch in batches for key in batch.validated_parts]


def times_are_fixed(problem: Problem) -> bool:
    """Whether an event's id says its time, so that all of its rows have one time."""
    if not problem.timed:
        return False
    times = {*problem.event_time_expression.columns}
    return EVENT_TIME in problem.event_id or times <= {*problem.event_id}


def event_batches(
    problem: Problem, batches: Sequence[BatchRecord], *, begin: datetime, end: datetime
) -> list[BatchRecord]:
    """Of the active batches of events, in landed order, those that say what is true of the events
    in ``[begin, end)``.

    They may hold rows of then. Where an event keeps its id while its time is corrected, so may one
    that landed later: its row may have taken the event out of ``[begin, end)``. Of events without
    a time all that arrived before ``end`` do.
    """
    if not problem.timed:
        return [batch for batch in batches if _near(batch, _FIRST, end)]
    near = [_near(batch, begin, end) for batch in batches]
    since = len(near) if times_are_fixed(problem) or True not in near else near.index(True)
    return [batch for place, batch in enumerate(batches) if near[place] or place > since]


def label_batches(
    batches: Sequence[BatchRecord], *, begin: datetime, end: datetime
) -> list[BatchRecord]:
    """Of the active batches of labels, in landed order, those that may tell outcomes of events in
    ``[begin, end)``: where labels do not tell their event's time, all.
    """
    return [batch for batch in batches if _near(batch, begin, end)]


def _near(batch: BatchRecord, begin: datetime, end: datetime) -> bool:
    """Whether a batch may hold rows, or hold for rows, of ``[begin, end)``."""
    span = span_of(batch)
    return span is None or (span[0] < end and span[1] >= begin)


def parts_for_events(
    problem: Problem,
    batches: Mapping[str, Sequence[BatchRecord]],
    *,
    begin: datetime,
    end: datetime,
) -> dict[str, list[str]]:
    """Lake keys a data set, in landed order, for events in ``[begin, end)``.

    ``batches``: active batches in landed order. Events and facts reach back for the longest window
    over them, timed data sets for their delay; labels for as long as the events that they are
    about.
    """
    parts = {}
    for name in problem.used_datasets:
        dataset = problem.datasets[name]
        longest_period = dataset.every.longest if dataset.every else timedelta()
        looked_up = dataset.known_after + 2 * longest_period
        of_data_set, counted = batches.get(name, ()), as_counted(problem, name)
        if name == counted.events_name:
            since = _counted_since(counted, begin)
            near = event_batches(counted, of_data_set, begin=since, end=end)
        elif name == counted.labels_name:
            near = label_batches(of_data_set, begin=_counted_since(counted, begin), end=end)
        else:
            near = [batch for batch in of_data_set if _near(batch, begin - looked_up, end)]
        parts[name] = parts_of(problem, near)
    return parts


def _counted_since(problem: Problem, begin: datetime) -> datetime:
    """Since when events may count in windows of those that are asked about from ``begin`` on."""
    windows = problem.windows_over(problem.events_name)
    longest = max((window.reach for window in windows), default=timedelta())
    return begin - _BEGUN_DAY - longest - outcome_reach(problem)
