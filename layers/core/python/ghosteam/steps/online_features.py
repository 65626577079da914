"""The online store: rows of all views in one DynamoDB table, read for many events at once and
written under a rule.

``client`` is a boto3 DynamoDB client; the path of requests reads by
:class:`ghosteam.aws.batch_reads.BatchReads`. A problem has one writer at a time (its FIFO queue
sees to that, and that the writer holds its message), which is what makes "read, compare, write the
difference" safe without a condition on every put, and what is computed last right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ghosteam.aws.chunks import each_chunk, in_chunks
from ghosteam.aws.online_store import READ_LIMIT, Item, read_items, write_items
from ghosteam.aws.recent_items import RecentItems
from ghosteam.features.codec import KeyValue, StoredRow
from ghosteam.features.online import OnlineRow, OnlineView, Written, lookups, to_put
from ghosteam.features.views import View, views_of
from ghosteam.problem.spec import Problem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ghosteam.aws.batch_reads import BatchReads

CHUNK = READ_LIMIT
"""Items that are read, and then written, together."""


def read_online(
    client: DynamoDBClient | BatchReads,
    problem: Problem,
    online_prefix: str,
    rows: Sequence[Mapping[str, object]],
    event_times: Sequence[datetime],
    *,
    now: datetime | None = None,
    recent: RecentItems | None = None,
) -> list[OnlineRow]:
    """Features of many events, in their order, with as few requests as the store allows; what is
    found through other rows is read after these. What is ``recent`` is not read again ``now`` for
    as long as the problem's ``serve.cache`` says.

    ``rows`` hold the problem's request columns; ``event_times`` are aware (UTC), one a row. Equal
    keys are read once. ``now``: see :func:`ghosteam.features.online.lookups`.

    Raises:
        InvalidInput: a key value is neither text nor an integer.
        Transient: the store leaves keys unread after several attempts.
    """

    def read(views: Sequence[View], rows: Sequence[Mapping[str, object]]) -> list[OnlineRow]:
        wanted = lookups(problem, online_prefix, rows, event_times, now, views=views)
        told = (address for lookup in wanted for _, address in lookup.views if address)
        addresses, longest = list(dict.fromkeys(told)), problem.serve.cache
        items = (
            recent.read(addresses, partial(read_items, client), now=now, longest=longest)
            if recent and now and longest
            else read_items(client, addresses)
        )
        return [lookup.row(items) for lookup in wanted]

    views = views_of(problem)
    found = read([view for view in views if not view.through], rows)
    further = [view for view in views if view.through]
    if not further:
        return found
    told = [{**row, **own.features} for row, own in zip(rows, found, strict=True)]
    return [own + other for own, other in zip(found, read(further, told), strict=True)]


def write_online(
    client: DynamoDBClient,
    place: OnlineView,
    rows: Iterable[tuple[Mapping[str, KeyValue], StoredRow]],
    *,
    gone: Iterable[Mapping[str, KeyValue]] = (),
) -> Written:
    """Write rows, and delete those with the keys ``gone``; all keys are distinct. What is there
    already is not written again.

    Raises:
        InvalidInput: a row is too large for DynamoDB or its key is of a wrong type.
        Transient: the store refuses items after several attempts. What was written stays; writing
            again completes it.
    """

    def stored(identities: Sequence[str]) -> dict[str, Item]:
        addresses = [(place.table, identity) for identity in identities]
        found = read_items(client, addresses, consistent=True)
        return {identity: item for (_, identity), item in found.items()}

    def write_some(chunk: Sequence[Item]) -> Written:
        changed = to_put(chunk, stored([item["entity_id"]["S"] for item in chunk]))
        write_items(client, place.table, changed)
        return Written(len(changed), len(chunk) - len(changed))

    def remove_some(chunk: Sequence[str]) -> Written:
        there = list(stored(chunk))
        write_items(client, place.table, (), there)
        return Written(removed=len(there))

    items = (place.item(key, row) for key, row in rows)
    written = sum(each_chunk(write_some, in_chunks(items, CHUNK)), Written())
    identities = (place.id_of(key) for key in gone)
    return sum(each_chunk(remove_some, in_chunks(identities, CHUNK)), written)
