"""What stands in the online store for an event, and what a write there may replace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import repeat
from typing import TYPE_CHECKING

from ghosteam.features.codec import (
    FeatureValue,
    KeyValue,
    StoredRow,
    encode_item,
    entity_id,
    item_time,
    values_of,
)
from ghosteam.features.views import EXPIRES, View, online_table, row_prefix
from ghosteam.json_object import JsonObject
from ghosteam.problem.spec import Problem

if TYPE_CHECKING:
    import polars as pl


_MARGIN = timedelta(days=7)
"""So long after the last event asked for a row it is removed at the earliest: until then whoever
adds to it can be sure that it is there.
"""


@dataclass(frozen=True)
class OnlineView:
    """Where the rows of one version of a ``view`` stand: the table, and what their ids begin
    with.
    """

    table: str
    prefix: str
    view: View

    @classmethod
    def of(cls, online_prefix: str, problem: str, view: View) -> OnlineView:
        """That of a problem's view."""
        return cls(online_table(online_prefix), row_prefix(problem, view.name, view.version), view)

    def id_of(self, key: Mapping[str, KeyValue]) -> str:
        """The id of the row with a key. Raises InvalidInput as :func:`entity_id` does."""
        return self.prefix + entity_id(key)

    def item(self, key: Mapping[str, KeyValue], row: StoredRow) -> JsonObject:
        """The item of a row. Raises InvalidInput as :func:`encode_item` does."""
        item, online_for = encode_item(key, row, prefix=self.prefix), self.view.online_for
        if online_for is None or self.view.period_key is None:
            return item
        last = self.view.last_asked(int(key[self.view.period_key]))
        gone = online_for.after(last) + _MARGIN
        return {**item, EXPIRES: {"N": str(int(gone.timestamp()))}}

    def asked_for(self, rows: pl.DataFrame, now: datetime) -> pl.DataFrame:
        """Those of ``rows``, which have the view's keys, that some event finds ``now``: the others
        are not there any more, or will not be, and nothing may be added to them.
        """
        since = self.view.since(now)
        if since is None or self.view.period_key is None:
            return rows
        periods = rows[self.view.period_key].unique().to_list()
        asked = [period for period in periods if self.view.last_asked(period) > since]
        return rows.filter(rows[self.view.period_key].is_in(asked))


@dataclass(frozen=True)
class OnlineRow:
    """The joined and window features of one event.

    ``features`` has every such feature of the problem, None where nothing is known; of a key
    without a row, what its view says.
    ``freshness_seconds`` says for each view how old its value was at the event's time; None where
    the view had no row. It is 0 for a static row that arrived later than the event, as in a replay.
    """

    features: dict[str, FeatureValue]
    freshness_seconds: dict[str, float | None]

    def __add__(self, other: OnlineRow) -> OnlineRow:
        """With what other views have for the event."""
        return OnlineRow(
            {**self.features, **other.features},
            {**self.freshness_seconds, **other.freshness_seconds},
        )


@dataclass(frozen=True)
class Lookup:
    """Where the features of one event stand: for each view a table and an entity id, or None where
    the event has no key.
    """

    event_time: datetime
    views: tuple[tuple[View, tuple[str, str] | None], ...]

    def row(self, items: Mapping[tuple[str, str], JsonObject]) -> OnlineRow:
        """The event's features, from the items that stand at the addresses of all events."""
        features: dict[str, FeatureValue] = {}
        freshness: dict[str, float | None] = {}
        for view, address in self.views:
            values: Iterable[FeatureValue] = view.without_row if address else repeat(None)
            age: float | None = None
            if address and (item := items.get(address)):
                values = values_of(item, view.names)
                age = max(0.0, (self.event_time - item_time(item)).total_seconds())
            features.update(zip(view.names, values, strict=False))
            freshness[view.name] = age
        return OnlineRow(features, freshness)


@dataclass(frozen=True)
class Written:
    """What a write did: rows put, rows that were there already, rows removed."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(
            self.written + other.written,
            self.unchanged + other.unchanged,
            self.removed + other.removed,
        )


def lookups(
    problem: Problem,
    online_prefix: str,
    rows: Sequence[Mapping[str, object]],
    event_times: Sequence[datetime],
    now: datetime | None = None,
    *,
    views: Sequence[View],
) -> list[Lookup]:
    """Where the features of each event stand, of those ``views``. ``rows`` hold the request
    columns, and the features that views go through; times are aware (UTC), one a row. ``now``: when
    they are asked for, where that matters; what is kept for a time only is null after it.

    Raises:
        InvalidInput: a key value is neither text nor an integer.
    """
    places = [
        (
            view,
            OnlineView.of(online_prefix, problem.problem, view),
            view.since(now) if now else None,
        )
        for view in views
    ]

    def addresses(
        row: Mapping[str, object], event_time: datetime
    ) -> Iterator[tuple[View, tuple[str, str] | None]]:
        hashes: dict[tuple[str, ...], str | None] = {}  # views of the same keys have the same
        for view, place, since in places:
            if since is not None and event_time <= since:
                yield view, None
                continue
            if (keys := view.join_keys) not in hashes:
                key = view.key_of(row, event_time)
                hashes[keys] = entity_id(key) if key else None
            found = hashes[keys]
            yield view, (place.table, place.prefix + found) if found else None

    return [
        Lookup(event_time, tuple(addresses(row, event_time)))
        for row, event_time in zip(rows, event_times, strict=True)
    ]


def to_put(items: Sequence[JsonObject], stored: Mapping[str, JsonObject]) -> list[JsonObject]:
    """The items that differ from what is stored, by entity id.

    What is computed last is right, even where its time is earlier: a row's data may have been
    withdrawn, and others that arrived before them count again.
    """
    return [item for item in items if item != stored.get(item["entity_id"]["S"])]
