"""Rows of events from the batches that the online windows hold: only those batches are read that
may say something of the events in question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.aws.batch_index import BatchIndex
from ghosteam.aws.objects import Objects
from ghosteam.aws.online_store import Item, in_chunks, read_items, write_items
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted import Order
from ghosteam.features.event_times import (
    Marks,
    event_times_prefix,
    mark_items,
    marks_of,
    needs_event_times,
    stored_marks,
    stretches_of,
    times_elsewhere,
)
from ghosteam.features.view_rows import counted_in_windows, current_events, outcome_columns
from ghosteam.features.views import online_table
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.batch_rows import read_batch
from ghosteam.steps.online_features import CHUNK, each_chunk

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Placed = tuple[Order, pl.DataFrame]
"""Events of one batch, and where it stands among the others."""


@dataclass(frozen=True)
class EventRows:
    """``applied``: the batches that are held."""

    problem: Problem
    applied: BatchIndex
    lake: Objects
    online: DynamoDBClient
    online_prefix: str

    def of_batch(self, batch: BatchRecord, ids: pl.DataFrame | None = None) -> pl.DataFrame:
        """A batch's events with their outcomes; of the events ``ids`` where they are given."""
        columns = outcome_columns(self.problem)
        rows = current_events(
            [read_batch(self.lake, batch, self.problem.events, columns)], self.problem
        )
        if ids is None:
            return rows
        return rows.join(ids, on=list(self.problem.event_id), how="semi", nulls_equal=True)

    def of_events(self, rows: pl.DataFrame, *, but: BatchRecord) -> list[Placed]:
        """Rows of the events of ``rows`` in all batches ``but`` one."""
        times = [*rows[EVENT_TIME].unique().to_list(), *self._elsewhere(rows)]
        ids = rows.select(self.problem.event_id).unique()
        return [
            (one.order, self.of_batch(one.batch, ids))
            for one in self.applied.touching(stretches_of(times))
            if one.batch.batch_id != but.batch_id
        ]

    def between(
        self,
        begin: datetime,
        end: datetime,
        wanted: Callable[[pl.DataFrame], pl.DataFrame],
        *,
        but: BatchRecord,
    ) -> list[Placed]:
        """Rows of the events in ``[begin, end)`` that are ``wanted``, in all batches ``but``
        one.
        """
        near = [
            one
            for one in self.applied.touching([(begin, end)])
            if one.batch.batch_id != but.batch_id
        ]
        ids = [
            wanted(self.of_batch(one.batch)).select(*self.problem.naming_columns, EVENT_TIME)
            for one in near
        ]
        if not near:
            return []
        return self.of_events(pl.concat(ids, how="vertical"), but=but)

    def newest(self, placed: Iterable[Placed], like: pl.DataFrame) -> pl.DataFrame:
        """Of each event the row that landed last, as far as windows count it; ``like``: rows with
        the same columns.
        """
        in_order = [rows for _, rows in sorted(placed, key=lambda one: one[0])]
        rows = pl.concat([like.clear(), *in_order], how="vertical").unique(
            self.problem.event_id, keep="last", maintain_order=True
        )
        return counted_in_windows(rows, self.problem)

    def note(self, rows: pl.DataFrame) -> None:
        """Remember at which times there are rows of these events."""
        if not needs_event_times(self.problem):
            return
        marks = marks_of(rows, self.problem)

        def write(items: Sequence[Item]) -> None:
            write_items(self.online, self._table, items)

        missing = mark_items(marks, self._stored(marks), prefix=self._prefix)
        for _ in each_chunk(write, in_chunks(missing, CHUNK)):
            pass

    def _elsewhere(self, rows: pl.DataFrame) -> list[datetime]:
        if not needs_event_times(self.problem):
            return []
        marks = marks_of(rows, self.problem)
        return times_elsewhere(marks, self._stored(marks))

    def _stored(self, marks: Marks) -> Marks:
        addresses = [(self._table, self._prefix + name) for name in marks]
        found = read_items(self.online, addresses, consistent=True)
        begin = len(self._prefix)
        return stored_marks({id[begin:]: item for (_, id), item in found.items()})

    @cached_property
    def _prefix(self) -> str:
        return event_times_prefix(self.problem)

    @property
    def _table(self) -> str:
        return online_table(self.online_prefix)
