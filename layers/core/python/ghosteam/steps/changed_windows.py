"""Which windows the batches change that were told since the last check."""

from __future__ import annotations

from datetime import datetime

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted import span_of
from ghosteam.errors import GhosteamError
from ghosteam.monitoring.log_frames import unnested
from ghosteam.monitoring.windows import (
    window_end_at,
    window_of,
    windows_changed_by,
    windows_that_hold,
)
from ghosteam.problem.lengths import Length
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.runtime.turns import More
from ghosteam.steps.batch_rows import read_batch
from ghosteam.steps.check_drift import Monitoring
from ghosteam.steps.labels_at_hand import LabelsAtHand
from ghosteam.steps.prediction_log import read_events
from ghosteam.steps.windows_to_judge import AT_ONCE, WindowsToJudge, go_on


def find_windows(
    problem: Problem, waiting: WindowsToJudge, *, now: datetime, adapters: Monitoring, more: More
) -> list[GhosteamError]:
    """Put the windows that batches change among those that wait; returns what failed."""
    faults = list[GhosteamError]()
    ledger = BatchLedger(adapters.state)
    for told in waiting.batches():
        go_on(more, problem)
        try:
            batch = ledger.find(problem.problem, told.data.dataset, told.data.batch_id)
            ends = _windows_of(problem, batch, now=now, adapters=adapters) if batch else []
        except GhosteamError as error:
            faults.append(error)
            continue
        if batch and batch.dataset == problem.events_name and (span := span_of(batch)):
            last = window_of(span[1], length=problem.watch.window)
            # Nobody knows yet whether it is complete; when it is mature it is.
            waiting.remember(last, now)
            # A label may have had it judged before that is known.
            if adapters.state.find(
                problem.problem, state_keys.PERFORMANCE_VERDICTS / last.isoformat()
            ):
                waiting.add(last)
        waiting.found(told, ends[-AT_ONCE:])
    return faults


def _windows_of(
    problem: Problem, batch: BatchRecord, *, now: datetime, adapters: Monitoring
) -> list[datetime]:
    """Ends of the windows that a batch of events changes or completes, or of those that hold events
    of a batch of labels, ascending; other data sets bring no outcomes.

    Of a very long batch the newest ``AT_ONCE`` are judged. Events without a time lie in the window
    in which their prediction was made, if it is one of the newest ``AT_ONCE``.
    """
    length = problem.watch.window
    if batch.dataset == problem.events_name and not problem.timed:
        return _windows_asked_about(problem, batch, now=now, lake=adapters.lake)
    if batch.dataset == problem.events_name:
        return _changed_by_events(batch, BatchLedger(adapters.state), length=length)
    if batch.dataset == problem.labels_name:
        return windows_that_hold(labels_at_hand(problem, adapters).times(batch), length=length)
    return []


def _changed_by_events(
    batch: BatchRecord, ledger: BatchLedger, *, length: Length
) -> list[datetime]:
    span = span_of(batch)
    if span is None:
        return []
    index = ledger.index(batch.problem, batch.dataset)
    return windows_changed_by(
        span,
        before=index.newest_end(before=span[0]),
        newest=index.newest_end(),
        length=length,
    )


def _windows_asked_about(
    problem: Problem, batch: BatchRecord, *, now: datetime, lake: Objects
) -> list[datetime]:
    """Ends of the windows in which predictions for the batch's events were made."""
    length, identity = problem.watch.window, list(problem.event_id)
    end = window_end_at(now, length=length)
    begin = (length * AT_ONCE).before(end)
    made = read_events(lake, problem=problem, begin=begin, end=end, parts=("event",))
    asked = made.predictions.select(EVENT_TIME).hstack(unnested(made.predictions, "event"))
    rows = read_batch(lake, batch, problem.events, identity)
    found = asked.join(rows.unique(), on=identity, how="semi")
    return windows_that_hold(found[EVENT_TIME], length=length)


def labels_at_hand(problem: Problem, adapters: Monitoring) -> LabelsAtHand:
    """Where the outcomes of the problem's events are told."""
    return LabelsAtHand(
        problem, adapters.state, adapters.lake, adapters.online, adapters.online_prefix
    )
