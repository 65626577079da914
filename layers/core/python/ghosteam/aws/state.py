"""The state table: small documents by problem and key, with optimistic concurrency.

A document lies in the partition ``<area>#<problem>``, its area following from its key, so that a
role can be limited to the areas that are its business: what parses files from outside cannot write
what decides who serves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from ghosteam.aws.errors import translated
from ghosteam.documents.state_keys import AREAS, Form, Key
from ghosteam.errors import Conflict, Defect

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
    )

PARTITION, KEY = "partition", "key"
"""Attributes of the table's partition key and sort key."""
MOST_CHARACTERS = 400_000
"""Of a document, in ASCII: an item has 400 KB, keys and names of attributes included."""
_FEW = 20


@dataclass(frozen=True)
class Document(Generic[Form]):
    """A stored document and the version to give back when replacing it."""

    key: Key[Form]
    data: Form
    version: int


@dataclass(frozen=True)
class Replacement(Generic[Form]):
    """``data`` is to stand at ``key``, where ``known`` stands, or nothing."""

    key: Key[Form]
    known: Document[Form] | None
    data: Form


class StateTable:
    """``client`` is a boto3 DynamoDB client; the table has the string keys ``partition`` and
    ``key``.

    Reading raises Defect for a document that cannot be read.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, problem: str, key: Key[Form]) -> Document[Form] | None:
        """The document, read consistently, or None."""
        with translated("Reading state", problem=problem, key=key.text):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(problem, key.text), ConsistentRead=True
            )
        return _document(answer["Item"], key, problem) if "Item" in answer else None

    def find(self, problem: str, key: Key[Form]) -> Form | None:
        """What the document says, or None."""
        document = self.get(problem, key)
        return document.data if document else None

    def create(self, problem: str, key: Key[Form], data: Form) -> Document[Form]:
        """Write a new document. Raises Conflict when one is there already."""
        return self._put(problem, Document(key, data, 1), replaced=None)

    def replace(self, problem: str, document: Document[Form], data: Form) -> Document[Form]:
        """Replace exactly the version that ``document`` is. Raises Conflict when someone was
        faster.
        """
        newer = Document(document.key, data, document.version + 1)
        return self._put(problem, newer, replaced=document.version)

    def delete(self, problem: str, document: Document[Form]) -> None:
        """Delete exactly the version that ``document`` is. Raises Conflict when someone was
        faster.
        """
        with translated("Deleting state", problem=problem, key=document.key.text):
            self._client.delete_item(
                TableName=self._table,
                Key=_key(problem, document.key.text),
                ConditionExpression="#v = :v",
                ExpressionAttributeNames={"#v": "version"},
                ExpressionAttributeValues={":v": {"N": str(document.version)}},
            )

    def list(self, problem: str, prefix: Key[Form]) -> Iterator[Document[Form]]:
        """Documents whose key begins with ``prefix``, in key order, read consistently."""
        condition, values = "begins_with(#k, :k)", {":k": prefix.text}
        return self._query(problem, prefix, condition, values)

    def between(
        self, problem: str, prefix: Key[Form], begin: str, end: str, *, newest_first: bool = False
    ) -> Iterator[Document[Form]]:
        """Documents whose key goes on after ``prefix`` with ``begin`` or what is sorted between it
        and ``end``, in key order or against it, read consistently and a few at a time when it is
        against it: whoever asks for the newest stops early.
        """
        values = {":b": prefix.text + begin, ":e": prefix.text + end}
        condition = "#k BETWEEN :b AND :e"
        return self._query(problem, prefix, condition, values, newest_first=newest_first)

    def _query(
        self,
        problem: str,
        prefix: Key[Form],
        condition: str,
        values: Mapping[str, str],
        *,
        newest_first: bool = False,
    ) -> Iterator[Document[Form]]:
        with translated("Listing state", problem=problem, prefix=prefix.text):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression=f"#p = :p AND {condition}",
                ExpressionAttributeNames={"#p": PARTITION, "#k": KEY},
                ExpressionAttributeValues={
                    ":p": {"S": partition(problem, prefix.text)},
                    **{name: {"S": value} for name, value in values.items()},
                },
                ConsistentRead=True,
                ScanIndexForward=not newest_first,
                PaginationConfig={"PageSize": _FEW} if newest_first else {},
            )
            for page in pages:
                for item in page["Items"]:
                    yield _document(item, Key(item[KEY]["S"], prefix.form), problem)

    def update(
        self,
        problem: str,
        key: Key[Form],
        change: Callable[[Form | None], Form],
        *,
        attempts: int = 8,
    ) -> Form:
        """Apply ``change`` until no one interferes, and return what it made. Raises Conflict after
        ``attempts`` losses.
        """
        made = self._change(problem, key, change, attempts=attempts)
        assert made is not None
        return made

    def amend(self, problem: str, key: Key[Form], change: Callable[[Form], Form]) -> Form | None:
        """The same where there is a document; None, and nothing done, where there is none."""
        return self._change(problem, key, lambda data: None if data is None else change(data))

    def _change(
        self,
        problem: str,
        key: Key[Form],
        change: Callable[[Form | None], Form | None],
        *,
        attempts: int = 8,
    ) -> Form | None:
        """``change`` gives None to leave everything as it is."""
        for _ in range(attempts):
            current = self.get(problem, key)
            data = change(current.data if current else None)
            if data is None:
                return None
            try:
                if current is None:
                    self.create(problem, key, data)
                elif data != current.data:
                    self.replace(problem, current, data)
            except Conflict:
                continue
            return data
        raise Conflict(
            "The document keeps changing",
            where={"problem": problem, "key": key.text},
            remedy="Try again later",
        )

    def put(self, problem: str, key: Key[Form], data: Form) -> None:
        """Write a document, whatever is there: the last word stands."""
        self.update(problem, key, lambda _: data)

    def replace_together(self, problem: str, *changes: Replacement[Any]) -> None:
        """Make all changes or none. Raises Conflict when one of the documents is not as it was any
        more.
        """
        items = [_transacted(self._table, problem, change) for change in changes]
        told = ", ".join(change.key.text for change in changes)
        with translated("Writing state", problem=problem, key=told):
            self._client.transact_write_items(TransactItems=items)

    def _put(
        self, problem: str, document: Document[Form], *, replaced: int | None
    ) -> Document[Form]:
        item = _item(problem, document)
        with translated("Writing state", problem=problem, key=document.key.text):
            if replaced is None:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#k)",
                    ExpressionAttributeNames={"#k": KEY},
                )
            else:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="#v = :v",
                    ExpressionAttributeNames={"#v": "version"},
                    ExpressionAttributeValues={":v": {"N": str(replaced)}},
                )
        return document


def _item(problem: str, document: Document[Any]) -> dict[str, AttributeValueTypeDef]:
    data = json.dumps(document.data.to_json(), allow_nan=False, separators=(",", ":"))
    if len(data) > MOST_CHARACTERS:
        raise Defect(
            f"The {document.data.kind} is too large for the state table: {len(data)} characters, "
            f"and at most {MOST_CHARACTERS} fit",
            where={"problem": problem, "key": document.key.text},
            remedy="Report it; until then, make what the document grows with smaller",
        )
    return {
        **_key(problem, document.key.text),
        "version": {"N": str(document.version)},
        "data": {"S": data},
    }


def _transacted(table: str, problem: str, change: Replacement[Any]) -> TransactWriteItemTypeDef:
    version = change.known.version + 1 if change.known else 1
    item = _item(problem, Document(change.key, change.data, version))
    put: PutTypeDef = {"TableName": table, "Item": item}
    if change.known is None:
        put["ConditionExpression"] = "attribute_not_exists(#k)"
        put["ExpressionAttributeNames"] = {"#k": KEY}
    else:
        put["ConditionExpression"] = "#v = :v"
        put["ExpressionAttributeNames"] = {"#v": "version"}
        put["ExpressionAttributeValues"] = {":v": {"N": str(change.known.version)}}
    return {"Put": put}


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


def _key(problem: str, key: str) -> dict[str, AttributeValueTypeDef]:
    return {PARTITION: {"S": partition(problem, key)}, KEY: {"S": key}}


def _document(
    item: Mapping[str, AttributeValueTypeDef], key: Key[Form], problem: str
) -> Document[Form]:
    try:
        data = key.form.from_json(json.loads(item["data"]["S"]))
    except Defect as error:
        where = {"problem": problem, "key": key.text, **error.where}
        raise Defect(error.message, where=where, remedy=error.remedy) from None
    return Document(key, data, int(item["version"]["N"]))
