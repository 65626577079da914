"""Rows of events and of labels from the batches that the online windows hold: only those batches
are read that may say something of the events in question.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from ghosteam.aws.batch_index import BatchIndex, ListedBatches
from ghosteam.aws.chunks import each_chunk, in_chunks
from ghosteam.aws.objects import Objects
from ghosteam.aws.online_store import Item, read_items, write_items
from ghosteam.data.derive import with_event_time
from ghosteam.data.row_times import tells_event_time
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted_batch import CountedBatch, Order
from ghosteam.features.current_events import (
    Current,
    current_events,
    current_labels,
    label_columns,
    outcome_columns,
)
from ghosteam.features.event_times import (
    Marks,
    event_labels_prefix,
    event_times_prefix,
    ids_of,
    label_marks_of,
    labels_about,
    mark_items,
    marks_of,
    needs_event_times,
    stored_marks,
    stretches_of,
    times_elsewhere,
)
from ghosteam.features.lake_parts import times_are_fixed
from ghosteam.features.views import online_table
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.batch_rows import read_batch
from ghosteam.steps.online_features import CHUNK

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Placed(NamedTuple):
    """Rows of one batch, of events or of labels, and where it stands among the others."""

    dataset: str
    order: Order
    rows: pl.DataFrame


@dataclass(frozen=True)
class EventRows:
    """``applied``: the batches that are asked, by data set: those that the windows hold."""

    problem: Problem
    applied: Mapping[str, BatchIndex | ListedBatches]
    lake: Objects
    online: DynamoDBClient
    online_prefix: str

    def of_batch(self, batch: BatchRecord, ids: pl.DataFrame | None = None) -> pl.DataFrame:
        """A batch's rows, with what names their events; about the events ``ids`` where they are
        given.
        """
        about_events = batch.dataset == self.problem.events_name
        columns = (outcome_columns if about_events else label_columns)(self.problem)
        dataset = self.problem.datasets[batch.dataset]
        rows = read_batch(self.lake, batch, dataset, columns)
        if tells_event_time(self.problem, batch.dataset):
            rows = with_event_time(rows, self.problem)
        if ids is None:
            return rows
        return rows.join(ids, on=list(self.problem.event_id), how="semi", nulls_equal=True)

    def named(self, rows: pl.DataFrame) -> pl.DataFrame:
        """What rows of events, or of labels, name their events by, each once."""
        columns = self.problem.event_id
        if times_are_fixed(self.problem):
            columns = tuple(dict.fromkeys((*columns, EVENT_TIME)))
        return rows.select(columns).unique(maintain_order=True)

    def about(self, named: pl.DataFrame, *, but: Collection[str] = ()) -> list[Placed]:
        """Rows of and about the events that are ``named``, in all batches ``but`` those ids."""
        ids = named.select(self.problem.event_id).unique()
        return [
            Placed(one.batch.dataset, one.order, self.of_batch(one.batch, ids))
            for one in self._about(named)
            if one.batch.batch_id not in but
        ]

    def times(self, named: pl.DataFrame) -> list[datetime]:
        """Times at which there are rows of the events that are ``named``, or were, by their
        marks.
        """
        ids = ids_of(named, self.problem)
        return times_elsewhere(ids, self._stored(ids, event_times_prefix(self.problem)))

    def between(
        self,
        begin: datetime,
        end: datetime,
        wanted: Callable[[pl.DataFrame], pl.DataFrame],
        *,
        but: Collection[str] = (),
    ) -> list[pl.DataFrame]:
        """What names the events in ``[begin, end)`` that are ``wanted``, of each batch ``but``
        those ids.
        """
        near = self.applied[self.problem.events_name].touching([(begin, end)])
        return [
            self.named(wanted(self.of_batch(one.batch)))
            for one in near
            if one.batch.batch_id not in but
        ]

    def current(self, placed: Iterable[Placed]) -> Current:
        """What stands of rows of batches: of each event the row, and the label, that landed
        last.
        """
        in_order = sorted(placed, key=lambda one: one.order)
        events, labels = (
            [one.rows for one in in_order if one.dataset == name]
            for name in (self.problem.events_name, self.problem.labels_name)
        )
        told = current_labels(labels, self.problem) if self.problem.labels else pl.DataFrame()
        return Current(current_events(events, self.problem, labels), told)

    def note(self, batch: BatchRecord, rows: pl.DataFrame) -> None:
        """Remember at which times there are rows of these events, or that these labels are about
        them.
        """
        if not needs_event_times(self.problem):
            return
        if batch.dataset == self.problem.events_name:
            prefix, marks = event_times_prefix(self.problem), marks_of(rows, self.problem)
        else:
            prefix = event_labels_prefix(self.problem)
            marks = label_marks_of(rows, self.problem, batch.batch_id)

        def write(items: Sequence[Item]) -> None:
            write_items(self.online, self._table, items)

        missing = mark_items(marks, self._stored(marks, prefix), prefix=prefix)
        for _ in each_chunk(write, in_chunks(missing, CHUNK)):
            pass

    def _about(self, named: pl.DataFrame) -> list[CountedBatch]:
        """Batches that may hold rows of, or labels about, events."""
        problem = self.problem
        found = []
        for dataset, index in self.applied.items():
            if times_are_fixed(problem):
                found += index.touching(stretches_of(named[EVENT_TIME].to_list()))
            elif dataset == problem.events_name:
                found += index.touching(stretches_of(self.times(named)))
            else:
                ids = ids_of(named, problem)
                stored = self._stored(ids, event_labels_prefix(problem))
                for beginning in labels_about(ids, stored):
                    found += index.timeless(beginning=beginning)
        return found

    def _stored(self, marks: Marks, prefix: str) -> Marks:
        addresses = [(self._table, prefix + name) for name in marks]
        found = read_items(self.online, addresses, consistent=True)
        begin = len(prefix)
        return stored_marks({id[begin:]: item for (_, id), item in found.items()})

    @property
    def _table(self) -> str:
        return online_table(self.online_prefix)
