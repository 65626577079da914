"""Which windows the batches change that were told since the last check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.champion import champion_of
from ghosteam.aws.chunks import in_chunks
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import Document
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.batch_to_judge import BatchToJudge
from ghosteam.documents.counted_batch import spans_of
from ghosteam.errors import GhosteamError
from ghosteam.features.lake_parts import times_are_fixed
from ghosteam.monitoring.log_frames import unnested
from ghosteam.monitoring.windows import (
    window_end_at,
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

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class OutcomeMonitoring(Monitoring):
    """What is read and written where outcomes are judged, too: the online table, in which the marks
    of events are.
    """

    online: DynamoDBClient
    online_prefix: str


def find_windows(
    problem: Problem,
    waiting: WindowsToJudge,
    *,
    now: datetime,
    adapters: OutcomeMonitoring,
    more: More,
) -> list[GhosteamError]:
    """Put the windows that batches change among those that wait; returns what failed."""
    faults, search = list[GhosteamError](), _Search(problem, waiting, now, adapters)
    for some in in_chunks(waiting.batches(), AT_ONCE):
        go_on(more, problem)
        faults += search.find(some)
    return faults


@dataclass(frozen=True)
class _Search:
    """What is asked for all batches that wait."""

    problem: Problem
    waiting: WindowsToJudge
    now: datetime
    adapters: OutcomeMonitoring

    def find(self, some: Sequence[Document[BatchToJudge]]) -> list[GhosteamError]:
        """Find the windows of some batches, which ask together where their events were moved from,
        or to.
        """
        faults, done, told = list[GhosteamError](), [], list[pl.DataFrame]()
        problem, length = self.problem, self.problem.watch.window
        for one in some:
            try:
                batch = self._ledger.find(problem.problem, one.data.dataset, one.data.batch_id)
                ends = self._windows_of(batch) if batch else []
                if batch and batch.dataset == problem.events_name and problem.timed:
                    last = windows_that_hold((end for _, end in spans_of(batch)), length=length)
                    self._look_again(last)
                    if self._may_have_moved:
                        told.append(self._at_hand.told(batch))
            except GhosteamError as error:
                faults.append(error)
                continue
            for end in {*ends[-AT_ONCE:], *self.waiting.judged_before(ends)}:
                self.waiting.add(end)
            done.append(one)
        try:
            times = self._at_hand.times_of_rows(told)
        except GhosteamError as error:
            return [*faults, error]
        self._look_again(windows_that_hold(times, length=length))
        for one in done:
            self.waiting.found(one)
        return faults

    def _look_again(self, ends: Sequence[datetime]) -> None:
        """At windows that may not be complete. When they are mature they are; and judged before
        they were for a label that came early, or when there were events that have been moved since.
        """
        for end in ends:
            self.waiting.remember(end, self.now)
        for end in self.waiting.judged_before(ends):
            self.waiting.add(end)

    def _windows_of(self, batch: BatchRecord) -> list[datetime]:
        """Ends of the windows that a batch of events changes or completes, or of those that hold
        events of a batch of labels, ascending; other data sets bring no outcomes.

        Of a very long batch the newest ``AT_ONCE`` are judged, and those that were before. Events
        without a time lie in the window in which their prediction was made, if it is one of the
        newest ``AT_ONCE``.
        """
        problem, length = self.problem, self.problem.watch.window
        if batch.dataset == problem.events_name and not problem.timed:
            lake = self.adapters.lake
            return _windows_asked_about(problem, batch, now=self.now, lake=lake)
        if batch.dataset == problem.events_name:
            return _changed_by_events(batch, self._ledger, length=length)
        if batch.dataset == problem.labels_name:
            return windows_that_hold(self._at_hand.times(batch), length=length)
        return []

    @cached_property
    def _at_hand(self) -> LabelsAtHand:
        return labels_at_hand(self.problem, self.adapters)

    @property
    def _ledger(self) -> BatchLedger:
        return self._at_hand.ledger

    @cached_property
    def _may_have_moved(self) -> bool:
        """Whether events may have left windows that were judged: without a champion none was."""
        if times_are_fixed(self.problem):
            return False
        return champion_of(self.adapters.state, self.problem.problem) is not None


def _changed_by_events(
    batch: BatchRecord, ledger: BatchLedger, *, length: Length
) -> list[datetime]:
    index, ends = ledger.index(batch.problem, batch.dataset), set[datetime]()
    for span in spans_of(batch):
        before = index.newest_end(before=span[0])
        newest = index.newest_end()
        ends.update(windows_changed_by(span, before=before, newest=newest, length=length))
    return sorted(ends)


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


def labels_at_hand(problem: Problem, adapters: OutcomeMonitoring) -> LabelsAtHand:
    """Where the outcomes of the problem's events are told."""
    return LabelsAtHand(
        problem, adapters.state, adapters.lake, adapters.online, adapters.online_prefix
    )
