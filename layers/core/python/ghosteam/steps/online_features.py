"""The online store: Feast's DynamoDB tables, read for many rows at once and written under a rule.

``client`` is a boto3 DynamoDB client throughout. A problem has one writer at a time (its FIFO queue sees to that), which is
what makes "read, compare, write the difference" safe without a condition on every put.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from ghosteam.aws.errors import translated
from ghosteam.errors import Transient
from ghosteam.features.codec import FeatureValue, KeyValue, StoredRow, decode_item, encode_item, entity_id, item_time
from ghosteam.features.views import online_table, views_of
from ghosteam.problem.spec import Problem

READ_LIMIT = 100  # keys in one BatchGetItem
WRITE_LIMIT = 25  # items in one BatchWriteItem
ATTEMPTS = 8
_T = TypeVar("_T")


@dataclass(frozen=True)
class OnlineRow:
    """The joined and window features of one event.

    ``features`` has every such feature of the problem, None where nothing is known. ``freshness_seconds`` says for each view
    how old its value was at the event's time; None where the view had no row. It is 0 for a static row that arrived later
    than the event, as in a replay.
    """

    features: dict[str, FeatureValue]
    freshness_seconds: dict[str, float | None]


@dataclass(frozen=True)
class Written:
    """What a write did: rows put, rows that were there already, rows kept because the store's are newer."""

    written: int = 0
    unchanged: int = 0
    newer: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(self.written + other.written, self.unchanged + other.unchanged, self.newer + other.newer)


def read_online(
    client: Any,
    problem: Problem,
    online_prefix: str,
    rows: Sequence[Mapping[str, Any]],
    event_times: Sequence[datetime],
) -> list[OnlineRow]:
    """Features of many events, in their order, with as few requests as the store allows.

    ``rows`` hold the problem's request columns; ``event_times`` are aware (UTC), one a row. Equal keys are read once.

    Raises:
        InvalidInput: a key value is neither text nor an integer.
        Transient: the store leaves keys unread after several attempts.
    """
    views = views_of(problem)
    tables = {view.name: online_table(online_prefix, problem.problem, view.name) for view in views}
    wanted: list[list[tuple[str, str] | None]] = []
    for row, event_time in zip(rows, event_times, strict=True):
        keys = (view.key_of(row, event_time) for view in views)
        wanted.append([(tables[v.name], entity_id(k)) if k else None for v, k in zip(views, keys, strict=True)])
    distinct = list(dict.fromkeys(address for line in wanted for address in line if address))
    stored = {address: decode_item(item) for address, item in _read(client, distinct).items()}

    result = []
    for line, event_time in zip(wanted, event_times, strict=True):
        features: dict[str, FeatureValue] = {}
        freshness: dict[str, float | None] = {}
        for view, address in zip(views, line, strict=True):
            found = stored.get(address) if address else None
            features.update({name: found.features.get(name) if found else None for name in view.features.values()})
            freshness[view.name] = max(0.0, (event_time - found.event_time).total_seconds()) if found else None
        result.append(OnlineRow(features, freshness))
    return result


def write_online(
    client: Any, table: str, rows: Iterable[tuple[Mapping[str, KeyValue], StoredRow]], *, workers: int = 8
) -> Written:
    """Write rows with distinct keys. A stored row with a newer event time stays; an equal row is left alone.

    A row of the same event time with other values is replaced: it was computed again from more, or corrected, data.

    Raises:
        InvalidInput: a row is too large for DynamoDB or its key is of a wrong type.
        Transient: the store refuses items after several attempts. What was written stays; writing again completes it.
    """
    items = [encode_item(key, row) for key, row in rows]

    def write_some(chunk: list[dict[str, Any]]) -> Written:
        stored = _read_once(client, [(table, item["entity_id"]["S"]) for item in chunk], consistent=True)
        changed, unchanged = [], 0
        for item in chunk:
            there = stored.get((table, item["entity_id"]["S"]))
            if there is None or item_time(there) < item_time(item):
                changed.append(item)
            elif item_time(there) == item_time(item):
                if there["values"] == item["values"]:
                    unchanged += 1
                else:
                    changed.append(item)
        for part in _chunks(changed, WRITE_LIMIT):
            _write_once(client, table, part)
        return Written(len(changed), unchanged, len(chunk) - len(changed) - unchanged)

    with ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(write_some, _chunks(items, READ_LIMIT)), Written())


def _read(client: Any, addresses: list[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    chunks = _chunks(addresses, READ_LIMIT)
    if len(chunks) <= 1:
        return _read_once(client, addresses)
    with ThreadPoolExecutor(min(8, len(chunks))) as pool:
        answers = list(pool.map(lambda chunk: _read_once(client, chunk), chunks))
    return {address: item for answer in answers for address, item in answer.items()}


def _read_once(
    client: Any, addresses: list[tuple[str, str]], *, consistent: bool = False
) -> dict[tuple[str, str], dict[str, Any]]:
    """Items of at most READ_LIMIT addresses ``(table, entity id)``; absent ones are left out."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    request: dict[str, Any] = {}
    for table, identity in addresses:
        request.setdefault(table, {"Keys": [], "ConsistentRead": consistent})["Keys"].append({"entity_id": {"S": identity}})

    def read(pending: dict[str, Any]) -> dict[str, Any]:
        with translated("Reading online features", tables=", ".join(pending)):
            answer = client.batch_get_item(RequestItems=pending)
        for table, items in answer["Responses"].items():
            found.update({(table, item["entity_id"]["S"]): item for item in items})
        return dict(answer.get("UnprocessedKeys") or {})

    _until_done(read, request)
    return found


def _write_once(client: Any, table: str, items: list[dict[str, Any]]) -> None:
    def write(pending: dict[str, Any]) -> dict[str, Any]:
        with translated("Writing online features", table=table):
            answer = client.batch_write_item(RequestItems=pending)
        return dict(answer.get("UnprocessedItems") or {})

    _until_done(write, {table: [{"PutRequest": {"Item": item}} for item in items]})


def _until_done(step: Callable[[dict[str, Any]], dict[str, Any]], request: dict[str, Any]) -> None:
    """Repeat what DynamoDB leaves over, which is how it throttles a batch, with growing, jittered pauses."""
    for attempt in range(ATTEMPTS):
        if not request:
            return
        if attempt:
            time.sleep(random.uniform(0, 0.05 * 2**attempt))
        request = step(request)
    if request:
        raise Transient("DynamoDB keeps leaving keys over", where={"tables": ", ".join(request)}, remedy="Try again later")


def _chunks(values: list[_T], size: int) -> list[list[_T]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
