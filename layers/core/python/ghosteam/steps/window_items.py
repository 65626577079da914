"""Items of the online windows, and the partials that lie beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from ghosteam.aws.online_store import Item, read_items, write_items
from ghosteam.features.codec import KeyValue, StoredRow
from ghosteam.features.online import OnlineView, Written
from ghosteam.features.view_rows import KNOWN_FROM, keyed_by_bucket
from ghosteam.features.views import View
from ghosteam.features.window_changes import Kept, added, partial_columns
from ghosteam.features.windows import BUCKET, with_values
from ghosteam.json_object import JsonObject
from ghosteam.problem.window import Window
from ghosteam.steps.online_features import CHUNK, each_chunk, write_online

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DAY = timedelta(days=1)
_PARTIAL = "partial"


@dataclass(frozen=True)
class WindowItems:
    """The online rows of one window, at their ``place``, as they are kept ``now``."""

    online: DynamoDBClient
    place: OnlineView
    view: View
    window: Window
    now: datetime

    def add(self, change: Iterable[pl.DataFrame], number: int) -> Written:
        """Add what the step ``number`` changes to the partials that are there; what has it already
        is passed over.
        """
        return self._each(change, lambda some: self._add(some, number))

    def replace(self, values: pl.DataFrame, before: pl.DataFrame) -> Written:
        """Put ``values`` (as from ``window_values``), of a window that nothing can be added to, and
        delete the rows of those keys that ``before`` has and ``values`` has not.
        """
        now, then = (self._keyed(rows) for rows in (values, before))
        keys = list(self.view.join_keys)
        gone = then.join(now, on=keys, how="anti").select(keys)
        rows = (self._row(row) for row in now.iter_rows(named=True))
        return write_online(self.online, self.place, rows, gone=gone.iter_rows(named=True))

    def _each(
        self, frames: Iterable[pl.DataFrame], work: Callable[[pl.DataFrame], Written]
    ) -> Written:
        keyed = map(self._keyed, frames)
        slices = (part for frame in keyed for part in frame.iter_slices(CHUNK))
        return sum(each_chunk(work, slices), Written())

    def _keyed(self, rows: pl.DataFrame) -> pl.DataFrame:
        return self.place.asked_for(keyed_by_bucket(rows, self.view), self.now)

    def _add(self, some: pl.DataFrame, number: int) -> Written:
        ids = self._ids(some)
        there = self._stored(ids)
        kept = [_kept(there.get(identity)) for identity in ids]
        todo = [one is None or one.step < number for one in kept]
        partials = added(some, kept, self.window).with_columns(pl.Series("_item", ids))
        partials = partials.filter(pl.Series(todo))
        rows = with_values(partials, self.window)
        items = [self._item(row, number) for row in rows.iter_rows(named=True)]
        left = set(rows["_item"])
        gone = [one for one in partials["_item"] if one not in left and one in there]
        write_items(self.online, self.place.table, items, gone)
        return Written(len(items), len(ids) - sum(todo), len(gone))

    def _ids(self, rows: pl.DataFrame) -> list[str]:
        return [
            self.place.id_of(key) for key in rows.select(self.view.join_keys).iter_rows(named=True)
        ]

    def _stored(self, ids: Sequence[str]) -> dict[str, Item]:
        found = read_items(self.online, [(self.place.table, one) for one in ids], consistent=True)
        return {identity: item for (_, identity), item in found.items()}

    def _row(
        self, row: JsonObject, notes: Mapping[str, str] | None = None
    ) -> tuple[dict[str, KeyValue], StoredRow]:
        key = {name: row[name] for name in self.view.join_keys}
        values = {name: row[name] for name in self.window.features}
        return key, StoredRow(values, row[KNOWN_FROM], notes or {})

    def _item(self, row: JsonObject, number: int) -> Item:
        kept = Kept(number, {name: row[name] for name in partial_columns(self.window)})
        return self.place.item(*self._row(row, {_PARTIAL: kept.to_text()}))


class Look(NamedTuple):
    """Groups and buckets of a window that nothing can be added to, which are made anew."""

    items: WindowItems
    buckets: pl.DataFrame

    @property
    def begin(self) -> datetime:
        """Since when rows may count in them."""
        return min(self._begins) - _DAY - self.items.window.reach

    @property
    def end(self) -> datetime:
        """Until when."""
        return max(self._begins) + _DAY

    @property
    def _begins(self) -> list[datetime]:
        return self.buckets[BUCKET].to_list()

    def of_groups(self, events: pl.DataFrame) -> pl.DataFrame:
        """Those of ``events`` that are of the groups."""
        by = list(self.items.window.by)
        return events.join(self.buckets.select(by).unique(), on=by, how="semi")


def _kept(item: Item | None) -> Kept | None:
    """The partial of an item; one that an earlier release wrote has none."""
    return Kept.from_text(item[_PARTIAL]["S"]) if item and _PARTIAL in item else None
