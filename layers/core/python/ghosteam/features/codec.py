"""One row of the online store: an item of DynamoDB.

A table's only key is ``entity_id``: what the view's rows begin with, and Feast's murmur3 hash of
the serialised key columns. ``names`` are the features, with commas between them, and ``values`` one
text, a JSON list of each one's number, text or null: few values are read several times as fast as a
map of many, and texts without quotes as those with them. Where a name has a comma, and in rows of
earlier releases, ``values`` is a JSON object. ``event_ts`` is the time at which the row became
known. Rows of the first releases have a protobuf ``Value`` for each feature, as Feast lays them
out. Only Feast's messages are used, so that a function reads the rows that Feast
reads without carrying Feast. Source: Feast 0.67, ``feast/infra/key_encoding_utils.py`` and
``feast/infra/online_stores/dynamodb.py``.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from struct import pack
from typing import Any

import mmh3
from feast.protos.feast.types.Value_pb2 import Value, ValueType
from pydantic_core import from_json

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
    values = [_key_value(name, key[name]) for name in names]
    return str(mmh3.hash_bytes(_key_columns(names) + b"".join(values)).hex())


def encode_item(key: Mapping[str, KeyValue], row: StoredRow, *, prefix: str = "") -> JsonObject:
    """The DynamoDB item (client format) of a row; ``prefix``: what its id begins with.

    Raises:
        InvalidInput: the item would be larger than DynamoDB allows.
    """
    texts = {**packed(row.features), **{name: {"S": text} for name, text in row.notes.items()}}
    size = sum(len(name) + len(text["S"].encode()) for name, text in texts.items())
    if size > ITEM_LIMIT - 256:  # the rest of the item: its hash, time, names and map overhead
        raise InvalidInput(
            f"The features of one key take {size} bytes; an online row holds {ITEM_LIMIT}",
            where=dict(key),
            remedy="Join fewer columns, or shorter texts",
        )
    return {
        "entity_id": {"S": prefix + entity_id(key)},
        "event_ts": {"S": str(row.event_time.astimezone(UTC))},
        **texts,
    }


def values_of(item: JsonObject, names: tuple[str, ...]) -> Sequence[FeatureValue]:
    """What a DynamoDB item (client format) says of features, in their order; None of those that it
    does not hold.
    """
    if "names" in item and _split(item["names"]["S"]) == names:
        values: list[FeatureValue] = from_json(item["values"]["S"])
        return values
    held = unpacked(item)
    return [held.get(name) for name in names]


def packed(features: Mapping[str, FeatureValue]) -> dict[str, dict[str, str]]:
    """Features as attributes of an item."""
    held = {
        name: value if value is None or isinstance(value, str) else float(value)
        for name, value in features.items()
    }
    if any("," in name for name in held):
        return {"values": {"S": _text(held)}}
    return {"names": {"S": ",".join(held)}, "values": {"S": _text(list(held.values()))}}


def unpacked(item: JsonObject) -> dict[str, FeatureValue]:
    """The features of an item, as :func:`packed` or an earlier release wrote them."""
    if "M" in item["values"]:
        blobs = {name: one["B"] for name, one in item["values"]["M"].items()}
        return {name: plain(Value.FromString(_raw(blob))) for name, blob in blobs.items()}
    values = from_json(item["values"]["S"])  # five times as fast with numbers as Python's own
    if "names" not in item:
        return dict(values)
    # Of no features the names are one empty text.
    return dict(zip(_split(item["names"]["S"]), values, strict=False))


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


@lru_cache(maxsize=1000)
def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split(","))


def _text(values: object) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


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
