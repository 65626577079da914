"""The state table: small JSON documents by problem and key, with optimistic concurrency.

A document lies in the partition ``<area>#<problem>``, its area following from its key, so that a
role can be limited to the areas that are its business: what parses files from outside cannot write
what decides who serves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ghosteam.aws.errors import translated
from ghosteam.documents.state_keys import AREAS
from ghosteam.errors import Conflict, Defect

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION, KEY = "partition", "key"
"""Attributes of the table's partition key and sort key."""


@dataclass(frozen=True)
class Document:
    """A stored document and the version to give back when replacing it."""

    key: str
    data: dict[str, Any]
    version: int


class StateTable:
    """``client`` is a boto3 DynamoDB client; the table has the string keys ``partition`` and
    ``key``.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, problem: str, key: str) -> Document | None:
        """The document, read consistently, or None."""
        with translated("Reading state", problem=problem, key=key):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(problem, key), ConsistentRead=True
            )
        return _document(answer["Item"]) if "Item" in answer else None

    def create(self, problem: str, key: str, data: dict[str, Any]) -> Document:
        """Write a new document. Raises Conflict when one is there already."""
        return self._put(problem, key, data, 1, "attribute_not_exists(#k)", {"#k": KEY}, {})

    def replace(self, problem: str, document: Document, data: dict[str, Any]) -> Document:
        """Replace exactly the version that ``document`` is. Raises Conflict when someone was
        faster.
        """
        values = {":v": {"N": str(document.version)}}
        return self._put(
            problem, document.key, data, document.version + 1, "#v = :v", {"#v": "version"}, values
        )

    def delete(self, problem: str, document: Document) -> None:
        """Delete exactly the version that ``document`` is. Raises Conflict when someone was
        faster.
        """
        with translated("Deleting state", problem=problem, key=document.key):
            self._client.delete_item(
                TableName=self._table,
                Key=_key(problem, document.key),
                ConditionExpression="#v = :v",
                ExpressionAttributeNames={"#v": "version"},
                ExpressionAttributeValues={":v": {"N": str(document.version)}},
            )

    def list(self, problem: str, prefix: str) -> Iterator[Document]:
        """Documents whose key begins with ``prefix``, in key order, read consistently."""
        with translated("Listing state", problem=problem, prefix=prefix):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="#p = :p AND begins_with(#k, :k)",
                ExpressionAttributeNames={"#p": PARTITION, "#k": KEY},
                ExpressionAttributeValues={
                    ":p": {"S": partition(problem, prefix)},
                    ":k": {"S": prefix},
                },
                ConsistentRead=True,
            )
            for page in pages:
                yield from map(_document, page["Items"])

    def update(self, problem: str, key: str, change: Any, *, attempts: int = 8) -> Document:
        """Apply ``change(data | None) -> data`` until no one interferes. Raises Conflict after
        ``attempts`` losses.
        """
        for _ in range(attempts):
            current = self.get(problem, key)
            data = change(current.data if current else None)
            try:
                return (
                    self.replace(problem, current, data)
                    if current
                    else self.create(problem, key, data)
                )
            except Conflict:
                continue
        raise Conflict(
            "The document keeps changing",
            where={"problem": problem, "key": key},
            remedy="Try again later",
        )

    def _put(
        self,
        problem: str,
        key: str,
        data: dict[str, Any],
        version: int,
        condition: str,
        names: dict[str, str],
        values: dict[str, Any],
    ) -> Document:
        item = {
            **_key(problem, key),
            "version": {"N": str(version)},
            "data": {"S": json.dumps(data, allow_nan=False)},
        }
        extra: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        with translated("Writing state", problem=problem, key=key):
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                **extra,
            )
        return Document(key, data, version)


def partition(problem: str, key: str) -> str:
    """The partition of a document's key, or of keys that begin so."""
    for prefix, area in AREAS.items():
        if key.startswith(prefix):
            return f"{area}#{problem}"
    raise Defect(
        "The key belongs to no area of the state",
        where={"key": key},
        remedy="Add its kind to AREAS in documents/state_keys.py",
    )


def _key(problem: str, key: str) -> dict[str, Any]:
    return {PARTITION: {"S": partition(problem, key)}, KEY: {"S": key}}


def _document(item: dict[str, Any]) -> Document:
    return Document(item[KEY]["S"], json.loads(item["data"]["S"]), int(item["version"]["N"]))
