"""Outcomes of events, as the batches that count tell them.

What is read for a window follows the window, however much landed before or since. Where an event's
id says its time, batches are found by the times of their rows. Where it does not, an event may have
rows at other times, and labels that tell none: these are found by the marks that the online windows
keep (see :mod:`ghosteam.features.event_times`). Without windows and labels there are no marks: a
row is then looked for as far around the window as outcomes may come late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.data.derive import KNOWN_AT, TARGET
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted import Counted, span_of
from ghosteam.features.current_events import (
    current_events,
    label_columns,
    named_events,
    outcome_columns,
)
from ghosteam.features.event_times import needs_event_times
from ghosteam.features.lake_parts import event_batches, outcome_reach, times_are_fixed
from ghosteam.features.views import windows_version
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.batch_rows import read_batch
from ghosteam.steps.event_rows import EventRows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class LabelsAtHand:
    """Where the outcomes of a problem's events are told."""

    problem: Problem
    state: StateTable
    lake: Objects
    online: DynamoDBClient
    online_prefix: str

    def read(self, *, begin: datetime, end: datetime, now: datetime) -> pl.DataFrame:
        """Outcomes of events in ``[begin, end)`` that are known at ``now``; of events without a
        time those whose rows arrived by now, since
        :func:`~ghosteam.features.lake_parts.outcome_reach` before ``begin``: the columns of entity
        and id, ``event_time``, ``target``; the latest landed row, and label, of an event wins.
        """
        events = self._events(begin, end, now)
        asked_about = pl.col(EVENT_TIME).is_between(begin, end, closed="left")
        known = events.filter(
            asked_about if self.problem.timed else pl.lit(True),
            pl.col(TARGET).is_not_nan(),
            pl.col(KNOWN_AT) <= now,
        )
        naming = self.problem.naming_columns
        return known.select(list(dict.fromkeys((*naming, EVENT_TIME, TARGET))))

    def times(self, batch: BatchRecord) -> list[datetime]:
        """Times of the events that a batch of labels is about, as far as they are there, each
        once.
        """
        problem, events = self.problem, self.problem.events_name
        assert problem.labels is not None
        rows = read_batch(self.lake, batch, problem.labels, label_columns(problem))
        named = named_events(rows, problem, batch.dataset)
        if span := span_of(batch):
            near = self._touching(events, span[0], span[1] + _MOMENT)
            there = current_events(self._event_rows(near), problem)
        elif self._has_marks:
            found = self._rows(events)
            there = current_events([one.rows for one in found.about(named)], problem)
        else:
            every = self._ledger.index(problem.problem, events).all()
            there = current_events(self._event_rows(every), problem)
        about = there.join(named, on=list(problem.event_id), how="semi")
        return about[EVENT_TIME].unique(maintain_order=True).to_list()

    def _events(self, begin: datetime, end: datetime, now: datetime) -> pl.DataFrame:
        """What is true of the events in ``[begin, end)``, and perhaps of others."""
        problem = self.problem
        if self._has_marks:
            return self._by_marks(begin, end)
        if needs_event_times(problem):
            return self._by_all(begin, end)
        reach = timedelta() if times_are_fixed(problem) else outcome_reach(problem)
        since, until = begin - reach, end + reach if problem.timed else now + _MOMENT
        near = self._touching(problem.events_name, since, until)
        labels = self._touching(problem.labels_name, begin, end) if problem.labels_name else []
        return current_events(self._event_rows(near), problem, self._label_rows(labels))

    def _by_marks(self, begin: datetime, end: datetime) -> pl.DataFrame:
        """By all rows and labels of those events that have a row in ``[begin, end)``."""
        names = (self.problem.events_name, self.problem.labels_name)
        rows = self._rows(*(name for name in names if name))
        inside = pl.col(EVENT_TIME).is_between(begin, end, closed="left")
        there = rows.between(begin, end, lambda events: events.filter(inside))
        named = pl.concat(there, how="vertical").unique() if there else None
        return rows.current(rows.about(named) if named is not None else []).events

    def _by_all(self, begin: datetime, end: datetime) -> pl.DataFrame:
        """Before the marks are made: by all batches."""
        problem, ledger = self.problem, self._ledger
        counted = ledger.active(problem.problem, problem.events_name)
        near = event_batches(problem, counted, begin=begin, end=end)
        name = problem.labels_name
        labels = ledger.index(problem.problem, name).all() if name else []
        columns = outcome_columns(problem)
        parts = [read_batch(self.lake, one, problem.events, columns) for one in near]
        return current_events(parts, problem, self._label_rows(labels))

    def _rows(self, *datasets: str) -> EventRows:
        """All that counts of the data sets, by the marks of the windows."""
        name = self.problem.problem
        counted = {dataset: self._ledger.index(name, dataset) for dataset in datasets}
        return EventRows(self.problem, counted, self.lake, self.online, self.online_prefix)

    @cached_property
    def _has_marks(self) -> bool:
        if not needs_event_times(self.problem):
            return False
        key = state_keys.WINDOW_STEPS / windows_version(self.problem)
        step = self.state.find(self.problem.problem, key)
        return step is not None and step.made

    @cached_property
    def _ledger(self) -> BatchLedger:
        return BatchLedger(self.state)

    def _touching(self, dataset: str, begin: datetime, end: datetime) -> list[Counted]:
        return self._ledger.index(self.problem.problem, dataset).touching([(begin, end)])

    def _event_rows(self, counted: Iterable[Counted]) -> list[pl.DataFrame]:
        dataset, columns = self.problem.events, outcome_columns(self.problem)
        return [read_batch(self.lake, one.batch, dataset, columns) for one in counted]

    def _label_rows(self, counted: Iterable[Counted]) -> list[pl.DataFrame]:
        dataset, columns = self.problem.labels, label_columns(self.problem)
        return [read_batch(self.lake, one.batch, dataset, columns) for one in counted if dataset]
