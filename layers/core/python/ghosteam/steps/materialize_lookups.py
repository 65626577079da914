"""The online rows of a looked-up data set follow the batches that count.

Beside each row lies where it came from: its own time, its batch, and that batch's place. So a newer
row is put without a look at older files. Only where the row that is there came from a batch that
counts no more, or less, are the files read that may hold what now counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.chunks import each_chunk
from ghosteam.aws.objects import Objects
from ghosteam.aws.online_store import Item, read_items, write_items
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted_batch import CountedBatch, Order
from ghosteam.features.codec import KeyValue, StoredRow, item_time, unpacked
from ghosteam.features.event_times import stretches_of
from ghosteam.features.online import OnlineView, Written, to_put
from ghosteam.features.view_rows import (
    KNOWN_FROM,
    MOMENT,
    PART,
    lookup_columns,
    newest_lookups,
)
from ghosteam.features.views import View
from ghosteam.json_object import JsonObject
from ghosteam.problem.spec import Problem
from ghosteam.steps.batch_rows import read_batch
from ghosteam.steps.online_features import CHUNK, write_online

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SOURCE = "source"


@dataclass(frozen=True)
class Origin:
    """Where an online row came from; ``moment``: its own time (ISO-8601 UTC), empty for a static
    row.
    """

    batch_id: str
    moment: str
    order: Order

    @property
    def rank(self) -> tuple[str, Order]:
        """Of two rows of one key the greater counts."""
        return self.moment, self.order

    def to_text(self) -> str:
        """Inverse of :meth:`of`."""
        return json.dumps([self.batch_id, self.moment, *self.order])

    @classmethod
    def of(cls, item: Item) -> Origin | None:
        """What stands beside an item; None for one that an earlier release wrote."""
        if _SOURCE not in item:
            return None
        batch_id, moment, *order = json.loads(item[_SOURCE]["S"])
        return cls(batch_id, moment, (order[0], order[1], order[2]))


@dataclass(frozen=True)
class Lookups:
    """The online rows of one view, and what they are made from."""

    problem: Problem
    view: View
    ledger: BatchLedger
    lake: Objects
    online: DynamoDBClient
    online_prefix: str
    now: datetime

    def follow(self, batch: BatchRecord) -> Written:
        """Bring the rows whose keys a batch has up to date with what counts of it."""
        counted = self.ledger.index(batch.problem, batch.dataset).find(batch)
        own = self._place.asked_for(self._newest([batch]), self.now)
        unsure: list[pl.DataFrame] = []

        def put(rows: pl.DataFrame) -> Written:
            done, others = self._put(rows, batch, counted.order if counted else None)
            unsure.append(others)
            return done

        def take(rows: pl.DataFrame) -> Written:
            done, others = self._put(rows, batch, None)
            unsure.append(others)
            return done

        done = sum(each_chunk(put, own.iter_slices(CHUNK)), Written())
        done += sum(each_chunk(take, self._left(batch, own).iter_slices(CHUNK)), Written())
        left = pl.concat([own.clear(), *unsure], how="vertical")
        return done if left.is_empty() else done + self._read_again(left)

    def _left(self, batch: BatchRecord, own: pl.DataFrame) -> pl.DataFrame:
        """Rows that another contract let in, of keys that the batch has no more."""
        before = [self._newest([one]) for one in map(batch.at, batch.earlier)]
        keys = list(self.view.join_keys)
        rows = pl.concat([own.clear(), *before], how="vertical").unique(keys)
        return self._place.asked_for(rows.join(own, on=keys, how="anti"), self.now)

    def _put(
        self, rows: pl.DataFrame, batch: BatchRecord, order: Order | None
    ) -> tuple[Written, pl.DataFrame]:
        """Put those rows of a batch that are newer than what is there; ``order``: its place, None
        when it does not count. Returns those rows, too, of whose keys only the files can tell.
        """
        ids = [
            self._place.id_of(key) for key in rows.select(self.view.join_keys).iter_rows(named=True)
        ]
        addresses = [(self._place.table, identity) for identity in ids]
        stored = {
            identity: item
            for (_, identity), item in read_items(self.online, addresses, consistent=True).items()
        }
        items, unsure = [], []
        for row, identity in zip(rows.iter_rows(named=True), ids, strict=True):
            there = stored.get(identity)
            own = Origin(batch.batch_id, _moment(row), order) if order else None
            known = self._known(there) if there else None
            if there and (known is None or _is_in_doubt(known, own, batch.batch_id)):
                unsure.append(True)
                continue
            unsure.append(False)
            if own and (known is None or own.rank >= known.rank):
                items.append(self._item(row, own, there))
            elif own and there:
                items.append(self._later(there, row))
        changed = to_put(items, stored)
        write_items(self.online, self._place.table, changed)
        left = rows.filter(pl.Series(unsure, dtype=pl.Boolean))
        return Written(len(changed), rows.height - left.height - len(changed)), left

    def _read_again(self, rows: pl.DataFrame) -> Written:
        """Write what all files that count say of the keys of ``rows``."""
        near = self._may_hold(rows)
        keys = list(self.view.join_keys)
        # Without any batch left there are no rows, of the same columns.
        newest = self._newest([one.batch for one in near]) if near else rows.clear()
        now = newest.join(rows, on=keys, how="semi")
        gone = rows.join(now, on=keys, how="anti").select(keys)
        rows_now = (self._row(row, near[row[PART]]) for row in now.iter_rows(named=True))
        return write_online(self.online, self._place, rows_now, gone=gone.iter_rows(named=True))

    def _may_hold(self, rows: pl.DataFrame) -> list[CountedBatch]:
        index = self.ledger.index(self.problem.problem, self.view.name)
        if self.view.every is None:
            return index.timeless()
        # The rows of a period lie less than a period apart.
        reach, times = self.view.every.longest, rows[MOMENT].to_list()
        return index.touching(
            (begin - reach, end + reach) for begin, end in stretches_of(times, gap=2 * reach)
        )

    def _newest(self, batches: Sequence[BatchRecord]) -> pl.DataFrame:
        spec = self.problem.datasets[self.view.name]
        columns = lookup_columns(self.problem, self.view)
        parts = [
            (read_batch(self.lake, one, spec, columns), datetime.fromisoformat(one.received_at))
            for one in batches
        ]
        return newest_lookups(parts, self.problem, self.view)

    def _row(self, row: JsonObject, of: CountedBatch) -> tuple[dict[str, KeyValue], StoredRow]:
        return self._sourced(row, Origin(of.batch.batch_id, _moment(row), of.order))

    def _sourced(self, row: JsonObject, source: Origin) -> tuple[dict[str, KeyValue], StoredRow]:
        key = {name: row[name] for name in self.view.join_keys}
        features = {name: row[name] for name in self.view.features.values()}
        known_from = row[KNOWN_FROM].astimezone(UTC)
        return key, StoredRow(features, known_from, {_SOURCE: source.to_text()})

    def _item(self, row: JsonObject, source: Origin, there: Item | None) -> Item:
        """What takes the place of ``there``. A static row is known since its data last arrived, by
        whatever file.
        """
        key, own = self._sourced(row, source)
        if there and self.view.every is None:
            own = replace(own, event_time=max(own.event_time, item_time(there)))
        return self._place.item(key, own)

    def _later(self, there: Item, row: JsonObject) -> Item:
        """What is there, which an older static row has arrived after."""
        if self.view.every is not None or row[KNOWN_FROM] <= item_time(there):
            return there
        return {**there, "event_ts": {"S": str(row[KNOWN_FROM].astimezone(UTC))}}

    def _known(self, item: Item) -> Origin | None:
        """Where an item came from; None too where it lacks a feature that the view has since."""
        whole = unpacked(item).keys() == set(self.view.features.values())
        return Origin.of(item) if whole else None

    @cached_property
    def _place(self) -> OnlineView:
        return OnlineView.of(self.online_prefix, self.problem.problem, self.view)


def _moment(row: JsonObject) -> str:
    return row[MOMENT].astimezone(UTC).isoformat(timespec="microseconds") if row[MOMENT] else ""


def _is_in_doubt(known: Origin, own: Origin | None, batch_id: str) -> bool:
    """Whether what is there came from this batch and it counts no more, or less than it did."""
    return known.batch_id == batch_id and (own is None or own.rank < known.rank)
