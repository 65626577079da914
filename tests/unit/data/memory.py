"""The data slice's stores in plain dictionaries, for tests that run it thousands of times."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ghosteam.aws.objects import Objects, StoredObject
from ghosteam.aws.state import Document, Replacement, StateTable
from ghosteam.documents.state_keys import Form, Key
from ghosteam.errors import Conflict, NotFound
from tests.unit.data.world import Kill

LISTED = datetime(2024, 1, 1, tzinfo=UTC)
"""When every object was changed last."""


class MemoryObjects(Objects):
    """A bucket, whose objects may have versions."""

    def __init__(self, bucket: str, kill: Kill) -> None:
        self.bucket = bucket
        self._kill = kill
        self.bodies: dict[tuple[str, str | None], bytes] = {}

    def get(self, key: str, version_id: str | None = None) -> bytes:
        try:
            return self.bodies[key, version_id]
        except KeyError:
            raise NotFound("There is no such object", where={"key": key}) from None

    def put(self, key: str, body: Any, *, content_type: str | None = None) -> None:
        self._kill.step()
        self.bodies[key, None] = body if isinstance(body, bytes) else body.read()

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[StoredObject]:
        for key, body in sorted((key, body) for (key, _), body in self.bodies.items()):
            if key.startswith(prefix) and key > start_after:
                yield StoredObject(key, len(body), LISTED)

    def download(
        self, key: str, path: Path, *, version_id: str | None = None, size: int | None = None
    ) -> None:
        path.write_bytes(self.get(key, version_id))


class MemoryState(StateTable):
    """A state table that keeps documents as they are written."""

    def __init__(self, kill: Kill) -> None:
        self._kill = kill
        self._documents: dict[tuple[str, str], tuple[int, str]] = {}
        self._keys: list[tuple[str, str]] = []

    def get(self, problem: str, key: Key[Form]) -> Document[Form] | None:
        if (problem, key.text) not in self._documents:
            return None
        version, text = self._documents[problem, key.text]
        return Document(key, key.form.from_json(json.loads(text)), version)

    def list(self, problem: str, prefix: Key[Form]) -> Iterator[Document[Form]]:
        return self._range(problem, prefix, prefix.text, prefix.text + chr(0x10FFFF))

    def between(
        self, problem: str, prefix: Key[Form], begin: str, end: str, *, newest_first: bool = False
    ) -> Iterator[Document[Form]]:
        first, last = prefix.text + begin, prefix.text + end
        return self._range(problem, prefix, first, last, step=-1 if newest_first else 1)

    def _range(
        self, problem: str, prefix: Key[Form], first: str, last: str, *, step: int = 1
    ) -> Iterator[Document[Form]]:
        begin = bisect_left(self._keys, (problem, first))
        end = bisect_right(self._keys, (problem, last))
        for _, text in self._keys[begin:end][::step]:
            document = self.get(problem, Key(text, prefix.form))
            assert document is not None
            yield document

    def delete(self, problem: str, document: Document[Form]) -> None:
        self._kill.step()
        there = self._documents.get((problem, document.key.text))
        if there is None or there[0] != document.version:
            raise Conflict("Someone was faster", where={"key": document.key.text})
        del self._documents[problem, document.key.text]
        self._keys.remove((problem, document.key.text))

    def replace_together(self, problem: str, *changes: Replacement[Any]) -> None:
        self._kill.step()
        for change in changes:
            there = self._documents.get((problem, change.key.text))
            if (there[0] if there else None) != (change.known.version if change.known else None):
                raise Conflict("Someone was faster", where={"key": change.key.text})
        for change in changes:
            version = change.known.version + 1 if change.known else 1
            self._store(problem, Document(change.key, change.data, version))

    def _put(
        self, problem: str, document: Document[Form], *, replaced: int | None
    ) -> Document[Form]:
        self._kill.step()
        there = self._documents.get((problem, document.key.text))
        if (there[0] if there else None) != replaced:
            raise Conflict("Someone was faster", where={"key": document.key.text})
        self._store(problem, document)
        return document

    def _store(self, problem: str, document: Document[Any]) -> None:
        if (problem, document.key.text) not in self._documents:
            insort(self._keys, (problem, document.key.text))
        text = json.dumps(document.data.to_json(), allow_nan=False)
        self._documents[problem, document.key.text] = (document.version, text)


class MemoryTables:
    """The requests of a DynamoDB client that the online store is made of."""

    def __init__(self, kill: Kill) -> None:
        self._kill = kill
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.page = 1_000

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        found = {
            table: [
                self.items[table, key["entity_id"]["S"]]
                for key in asked["Keys"]
                if (table, key["entity_id"]["S"]) in self.items
            ]
            for table, asked in RequestItems.items()
        }
        return {"Responses": found}

    def get_paginator(self, operation: str) -> MemoryTables:
        """Of ``scan``."""
        assert operation == "scan"
        return self

    def paginate(
        self,
        TableName: str,
        ExpressionAttributeValues: dict[str, Any],
        ExclusiveStartKey: dict[str, Any] | None = None,
        **_more: str,
    ) -> Iterator[dict[str, Any]]:
        """Keys of the items whose ids begin with what ``:p`` stands for, among those on each
        page.
        """
        prefix = ExpressionAttributeValues[":p"]["S"]
        begin = ExclusiveStartKey["entity_id"]["S"] if ExclusiveStartKey else ""
        ids = sorted(id for table, id in self.items if table == TableName and id > begin)
        pages = [ids[at : at + self.page] for at in range(0, len(ids), self.page)] or [[]]
        for page in pages:
            items = [{"entity_id": {"S": id}} for id in page if id.startswith(prefix)]
            last: Any = {"LastEvaluatedKey": {"entity_id": {"S": page[-1]}}} if page else {}
            yield {"Items": items, **({} if page is pages[-1] else last)}

    def batch_write_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        self._kill.step()
        for table, requests in RequestItems.items():
            for request in requests:
                if "PutRequest" in request:
                    item = request["PutRequest"]["Item"]
                    self.items[table, item["entity_id"]["S"]] = item
                else:
                    key = request["DeleteRequest"]["Key"]
                    del self.items[table, key["entity_id"]["S"]]
        return {}
