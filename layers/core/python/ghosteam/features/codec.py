"""One row of the online store: an item of DynamoDB.

A table's only key is ``entity_id``: what the view's rows begin with, and Feast's murmur3 hash of
the serialised key columns. ``values`` is one text, JSON of each feature's number, text or null; one
value of an item is read several times as fast as a map of many. ``event_ts`` is the time at which
the row became known. Rows of the first releases have a protobuf ``Value`` for each feature, as
Feast lays them out. Only Feast's messages are used, so that a function reads the rows that Feast
reads without carrying Feast. Source: Feast 0.67, ``feast/infra/key_encoding_utils.py`` and
``feast/infra/online_stores/dynamodb.py``.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from struct import pack
from typing import Any

import mmh3
from feast.protos.feast.types.Value_pb2 import Value, ValueType

from ghosteam.errors import InvalidInput
from ghosteam.json_object import JsonObject

KEY_VERSION = 3
"""``entity_key_serialization_version`` of every table, by which :func:`entity_id` goes;
``feature_store.yaml`` states the same.
"""

ITEM_LIMIT = 400 * 1024
"""DynamoDB's largest item, in bytes of names and values."""

KeyValue = str | int
FeatureValue = float | str | None


@dataclass(frozen=True)
class StoredRow:
    """What one view knows about one key: feature values and when they became known (aware, UTC).

    ``notes``: what the writer keeps beside them; neither Feast nor the prediction path reads it.
    """

    features: Mapping[str, FeatureValue]
    event_time: datetime
    notes: Mapping[str, str] = field(default_factory=dict)


def entity_id(key: Mapping[str, KeyValue]) -> str:
    """Feast's hash of a key, independent of the order of its columns.

    Raises:
        InvalidInput: a key value is neither text nor an integer.
    """
    names = tuple(sorted(key))
    parts = [_key_columns(names), *(_key_value(name, key[name]) for name in names)]
    return str(mmh3.hash_bytes(b"".join(parts)).hex())


def encode_item(key: Mapping[str, KeyValue], row: StoredRow, *, prefix: str = "") -> JsonObject:
    """The DynamoDB item (client format) of a row; ``prefix``: what its id begins with.

    Raises:
        InvalidInput: the item would be larger than DynamoDB allows.
    """
    values = packed(row.features)
    size = len(values["S"].encode())
    size += sum(len(name) + len(text.encode()) for name, text in row.notes.items())
    if size > ITEM_LIMIT - 256:  # the rest of the item: its hash, time, names and map overhead
        raise InvalidInput(
            f"The features of one key take {size} bytes; an online row holds {ITEM_LIMIT}",
            where=dict(key),
            remedy="Join fewer columns, or shorter texts",
        )
    return {
        "entity_id": {"S": prefix + entity_id(key)},
        "event_ts": {"S": str(row.event_time.astimezone(UTC))},
        "values": values,
        **{name: {"S": text} for name, text in row.notes.items()},
    }


def decode_item(item: JsonObject) -> StoredRow:
    """The row of a DynamoDB item (client format)."""
    return StoredRow(unpacked(item["values"]), item_time(item))


def packed(features: Mapping[str, FeatureValue]) -> dict[str, str]:
    """Features as an item holds them."""
    held = {
        name: value if value is None or isinstance(value, str) else float(value)
        for name, value in features.items()
    }
    return {"S": json.dumps(held, ensure_ascii=False, separators=(",", ":"))}


def unpacked(values: JsonObject) -> dict[str, FeatureValue]:
    """Inverse of :func:`packed`; what the first releases wrote too."""
    if "S" in values:
        features: dict[str, FeatureValue] = json.loads(values["S"])
        return features
    return {name: plain(Value.FromString(_raw(one["B"]))) for name, one in values["M"].items()}


def item_time(item: JsonObject) -> datetime:
    """When an item's values became known (aware, UTC)."""
    moment = datetime.fromisoformat(item["event_ts"]["S"])
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=1000)
def _key_columns(names: tuple[str, ...]) -> bytes:
    texts = (name.encode() for name in names)
    told = (pack("<II", ValueType.STRING, len(text)) + text for text in texts)
    return pack("<I", len(names)) + b"".join(told)


def _key_value(name: str, value: object) -> bytes:
    if isinstance(value, str):
        text = value.encode()
        return pack("<II", ValueType.STRING, len(text)) + text
    if isinstance(value, int) and not isinstance(value, bool):
        return pack("<IIq", ValueType.INT64, 8, value)
    raise InvalidInput(
        f"A {type(value).__name__} cannot be part of a key",
        where={"column": name},
        remedy="Use a string or integer column",
    )


def _raw(value: bytes | str) -> bytes:
    """Bytes as a client of DynamoDB has them, or as its JSON does."""
    return b64decode(value) if isinstance(value, str) else value


def plain(value: Any) -> FeatureValue:
    """A protobuf ``Value`` as a feature's."""
    kind = value.WhichOneof("val")
    if kind is None or kind == "null_val":
        return None
    held = getattr(value, kind)
    return held if isinstance(held, str) else float(held)
