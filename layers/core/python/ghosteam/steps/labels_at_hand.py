"""Outcomes of events, as the batches that count tell them.

What is read for a window follows the window, however much landed before or since. Where an event's
id says its time, batches are found by the times of their rows. Where it does not, an event may have
rows at other times, and labels that tell none: these are found by the marks that the online windows
keep (see :mod:`ghosteam.features.event_times`). Without windows and labels there are no marks: a
row is then looked for as far around the window as outcomes may come late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.aws.batch_index import BatchIndex, ListedBatches
from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.data.derive import KNOWN_AT, TARGET
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted_batch import CountedBatch, spans_of
from ghosteam.errors import NotFound
from ghosteam.features.current_events import (
    current_events,
    label_columns,
    outcome_columns,
)
from ghosteam.features.event_times import needs_event_times, stretches_of
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
        """Times of the events that a batch of labels is, or was, about, as far as they are there,
        each once.
        """
        problem, events = self.problem, self.problem.events_name
        rows, named = self._rows(events), self.told(batch)
        if spans := spans_of(batch):
            near = self._index(events).touching([(begin, end + _MOMENT) for begin, end in spans])
            there = current_events(self._event_rows(near), problem)
        elif self._has_marks:
            there = current_events([one.rows for one in rows.about(named)], problem)
        else:
            there = current_events(self._event_rows(self._index(events).all()), problem)
        about = there.join(named, on=list(problem.event_id), how="semi")
        return about[EVENT_TIME].unique(maintain_order=True).to_list()

    def told(self, batch: BatchRecord) -> pl.DataFrame:
        """Which events a batch tells something of, or told when it had other rows, as far as these
        are kept: the columns of their id, and the times that it says, each once.
        """
        rows, found = self._rows(), list[pl.DataFrame]()
        for one in batch.revisions:
            try:
                found.append(rows.of_batch(one))
            except NotFound:  # Of those before an erasure may have made an end.
                if one == batch and batch.status == "validated":
                    raise
                found.append(rows.of_batch(replace(one, parts=0)))
        columns = {*self.problem.event_id, EVENT_TIME}
        named = [rows.select(name for name in rows.columns if name in columns) for rows in found]
        return pl.concat(named, how="vertical").unique(maintain_order=True)

    def times_of_rows(self, told: Sequence[pl.DataFrame]) -> list[datetime]:
        """Times of all rows, in any batch, of the events that batches of events :meth:`told` of:
        where events are moved in time, each may have been theirs before, or be theirs again.
        """
        if not told:
            return []
        problem, events = self.problem, self.problem.events_name
        rows, named = self._rows(events), pl.concat(told, how="vertical")
        times = set(named[EVENT_TIME].unique())
        if self._has_marks:
            return sorted(times.union(rows.times(named)))
        index, reach = self._index(events), outcome_reach(problem)
        named = named.select(problem.event_id).unique()
        near = [(begin - reach, end + reach) for begin, end in stretches_of(times)]
        for one in index.all() if needs_event_times(problem) else index.touching(near):
            times.update(rows.of_batch(one.batch, named)[EVENT_TIME])
        return sorted(times)

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
        problem = self.problem
        counted = self.ledger.active(problem.problem, problem.events_name)
        near = event_batches(problem, counted, begin=begin, end=end)
        name = problem.labels_name
        labels = self._index(name).all() if name else []
        columns = outcome_columns(problem)
        parts = [read_batch(self.lake, one, problem.events, columns) for one in near]
        return current_events(parts, problem, self._label_rows(labels))

    def _rows(self, *datasets: str) -> EventRows:
        """All that counts of the data sets, by the marks of the windows."""
        counted = {dataset: self._index(dataset) for dataset in datasets}
        return EventRows(self.problem, counted, self.lake, self.online, self.online_prefix)

    @cached_property
    def _has_marks(self) -> bool:
        if not needs_event_times(self.problem):
            return False
        key = state_keys.WINDOW_STEPS / windows_version(self.problem)
        step = self.state.find(self.problem.problem, key)
        return step is not None and step.made

    @cached_property
    def ledger(self) -> BatchLedger:
        """Which batches count."""
        return BatchLedger(self.state)

    def _index(self, dataset: str) -> BatchIndex | ListedBatches:
        return self.ledger.index(self.problem.problem, dataset)

    def _touching(self, dataset: str, begin: datetime, end: datetime) -> list[CountedBatch]:
        return self._index(dataset).touching([(begin, end)])

    def _event_rows(self, counted: Iterable[CountedBatch]) -> list[pl.DataFrame]:
        dataset, columns = self.problem.events, outcome_columns(self.problem)
        return [read_batch(self.lake, one.batch, dataset, columns) for one in counted]

    def _label_rows(self, counted: Iterable[CountedBatch]) -> list[pl.DataFrame]:
        dataset, columns = self.problem.labels, label_columns(self.problem)
        return [read_batch(self.lake, one.batch, dataset, columns) for one in counted if dataset]
