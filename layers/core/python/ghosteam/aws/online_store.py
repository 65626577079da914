"""Items of the online tables, in batches. ``client`` is a boto3 DynamoDB client that several
threads may use.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ghosteam.aws.chunks import each_chunk, in_chunks
from ghosteam.aws.errors import translated
from ghosteam.errors import Conflict, Transient
from ghosteam.json_object import JsonObject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ghosteam.aws.batch_reads import BatchReads

READ_LIMIT = 100  # keys in one BatchGetItem
WRITE_LIMIT = 25  # items in one BatchWriteItem
ATTEMPTS = 8
Address = tuple[str, str]
"""A table and an entity id."""
Item = JsonObject
"""An item in DynamoDB's own form."""


def read_items(
    client: DynamoDBClient | BatchReads, addresses: Sequence[Address], *, consistent: bool = False
) -> dict[Address, Item]:
    """The items at distinct addresses; absent ones are left out.

    Raises:
        Transient: the store leaves keys unread after several attempts.
    """
    answers = each_chunk(
        lambda chunk: _read(client, chunk, consistent), in_chunks(addresses, READ_LIMIT)
    )
    return {address: item for answer in answers for address, item in answer.items()}


def write_items(
    client: DynamoDBClient, table: str, items: Sequence[Item], removed: Sequence[str] = ()
) -> None:
    """Put items, and delete those with the entity ids ``removed``; all keys are distinct.

    Raises:
        Transient: the store refuses items after several attempts. What was written stays; writing
            again completes it.
    """
    requests = [
        *({"PutRequest": {"Item": item}} for item in items),
        *({"DeleteRequest": {"Key": {"entity_id": {"S": identity}}}} for identity in removed),
    ]
    for chunk in in_chunks(requests, WRITE_LIMIT):
        _write(client, table, chunk)


def change_items(client: DynamoDBClient, table: str, items: Sequence[Item]) -> None:
    """Give items with distinct ids other values, one request each, by whoever is not their writer:
    what the writer keeps beside the values stays, and so do values that became known later.
    """

    def change(item: Item) -> None:
        told = {name: value for name, value in item.items() if name != "entity_id"}
        gone = {"names"} - told.keys()
        with suppress(Conflict), translated("Changing online features", table=table):
            client.update_item(
                TableName=table,
                Key={"entity_id": item["entity_id"]},
                UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in told)}"
                + "".join(f" REMOVE #{name}" for name in gone),
                ConditionExpression="attribute_not_exists(#event_ts) OR #event_ts <= :event_ts",
                ExpressionAttributeNames={f"#{name}": name for name in {*told, *gone}},
                ExpressionAttributeValues={f":{name}": value for name, value in told.items()},
            )

    for _ in each_chunk(change, items):
        pass


def _read(
    client: DynamoDBClient | BatchReads, addresses: Sequence[Address], consistent: bool
) -> dict[Address, Item]:
    found: dict[Address, Item] = {}
    request: JsonObject = {}
    for table, identity in addresses:
        request.setdefault(table, {"Keys": [], "ConsistentRead": consistent})["Keys"].append(
            {"entity_id": {"S": identity}}
        )

    def read(pending: JsonObject) -> JsonObject:
        with translated("Reading online features", tables=", ".join(pending)):
            answer = client.batch_get_item(RequestItems=pending)
        for table, items in answer["Responses"].items():
            found.update({(table, item["entity_id"]["S"]): item for item in items})
        return dict(answer.get("UnprocessedKeys") or {})

    _until_done(read, request)
    return found


def _write(client: DynamoDBClient, table: str, requests: Sequence[JsonObject]) -> None:
    def write(pending: JsonObject) -> JsonObject:
        with translated("Writing online features", table=table):
            answer = client.batch_write_item(RequestItems=pending)
        return dict(answer.get("UnprocessedItems") or {})

    _until_done(write, {table: list(requests)})


def _until_done(step: Callable[[JsonObject], JsonObject], request: JsonObject) -> None:
    """Repeat what DynamoDB leaves over, which is how it throttles a batch, with growing, jittered
    pauses.
    """
    for attempt in range(ATTEMPTS):
        if not request:
            return
        if attempt:
            time.sleep(random.uniform(0, 0.05 * 2**attempt))
        request = step(request)
    if request:
        raise Transient(
            "DynamoDB keeps leaving keys over",
            where={"tables": ", ".join(request)},
            remedy="Try again later",
        )
