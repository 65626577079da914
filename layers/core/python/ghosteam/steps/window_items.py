"""Items of the online windows, and the partials that lie beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from ghosteam.aws.chunks import each_chunk
from ghosteam.aws.online_store import Item, read_items, write_items
from ghosteam.features.codec import KeyValue, StoredRow, unpacked
from ghosteam.features.online import OnlineView, Written
from ghosteam.features.view_rows import KNOWN_FROM, keyed_by_bucket
from ghosteam.features.views import View
from ghosteam.features.window_changes import Kept, after, covers_column, kept_columns
from ghosteam.features.windows import BUCKET, window_values
from ghosteam.json_object import JsonObject
from ghosteam.problem.window import Window
from ghosteam.steps.online_features import CHUNK

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DAY = timedelta(days=1)
_ITEM = "_item"
_PARTIAL = "partial"


@dataclass(frozen=True)
class WindowItems:
    """The online rows of a view of windows, at their ``place``, as they are kept ``now``."""

    online: DynamoDBClient
    place: OnlineView
    now: datetime

    @property
    def view(self) -> View:
        """Whose they are."""
        return self.place.view

    def change(self, changed: Iterable[pl.DataFrame], number: int) -> Written:
        """Bring rows to where the step ``number`` has them (see
        :func:`ghosteam.features.window_changes.changes`); what has it already is passed over.
        """
        keyed = (
            self.place.asked_for(keyed_by_bucket(rows, self.view), self.now) for rows in changed
        )
        slices = (part for rows in keyed for part in rows.iter_slices(CHUNK))
        return sum(each_chunk(lambda some: self._change(some, number), slices), Written())

    def _change(self, some: pl.DataFrame, number: int) -> Written:
        ids = [
            self.place.id_of(key) for key in some.select(self.view.join_keys).iter_rows(named=True)
        ]
        addresses = [(self.place.table, identity) for identity in ids]
        found = read_items(self.online, addresses, consistent=True)
        there = {identity: item for (_, identity), item in found.items()}
        kept = [_kept(there.get(identity)) for identity in ids]
        todo = [one is None or one.step < number for one in kept]
        rows = some.with_columns(pl.Series(_ITEM, ids)).filter(pl.Series(todo))
        asked = rows[_ITEM].to_list()
        values = [unpacked(there[one]) if one in there else {} for one in asked]
        left = after(rows, list(compress(kept, todo)), values, self.view)
        items = {row[_ITEM]: self._item(row, number) for row in left.iter_rows(named=True)}
        changed = [item for identity, item in items.items() if not _same(item, there.get(identity))]
        gone = [one for one in asked if one not in items and one in there]
        write_items(self.online, self.place.table, changed, gone)
        return Written(len(changed), len(ids) - len(asked) + len(items) - len(changed), len(gone))

    def _item(self, row: JsonObject, number: int) -> Item:
        numbers = {name: row[name] for name in kept_columns(self.view)}
        notes = {_PARTIAL: Kept(number, numbers).to_text()} if numbers else {}
        key: dict[str, KeyValue] = {name: row[name] for name in self.view.join_keys}
        values = {name: row[name] for name in self.view.names}
        return self.place.item(key, StoredRow(values, row[KNOWN_FROM], notes))


class Look(NamedTuple):
    """Groups and buckets of one of a view's windows that nothing can be added to, which are made
    anew.
    """

    view: View
    window: Window
    buckets: pl.DataFrame

    @property
    def begin(self) -> datetime:
        """Since when rows may count in them."""
        return min(self._begins) - _DAY - self.window.reach

    @property
    def end(self) -> datetime:
        """Until when."""
        return max(self._begins) + _DAY

    @property
    def _begins(self) -> list[datetime]:
        return self.buckets[BUCKET].to_list()

    def of_groups(self, events: pl.DataFrame) -> pl.DataFrame:
        """Those of ``events`` that are of the groups."""
        by = list(self.window.by)
        return events.join(self.buckets.select(by).unique(), on=by, how="semi")

    def made(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The buckets with the features and whether they cover a row, from all ``rows`` that they
        may cover (as in ``window_values``).
        """
        covers, absent = covers_column(self.view, self.window), self.view.absent
        values = window_values(self.of_groups(rows), self.window).with_columns(
            pl.lit(1).alias(covers)
        )
        made = self.buckets.join(values, on=[*self.window.by, BUCKET], how="left")
        filled = {name: absent[name] for name in self.window.features if name in absent}
        return made.with_columns(
            pl.col(name).fill_null(value) for name, value in {**filled, covers: 0}.items()
        )


def _kept(item: Item | None) -> Kept | None:
    """The partials of an item; one that an earlier release wrote has none."""
    return Kept.from_text(item[_PARTIAL]["S"]) if item and _PARTIAL in item else None


def _same(item: Item, there: Item | None) -> bool:
    """Whether an item says what is there, whatever step wrote it."""
    return there is not None and _without_step(item) == _without_step(there)


def _without_step(item: Item) -> Item:
    kept = _kept(item)
    return {**item, _PARTIAL: kept and kept.numbers}
