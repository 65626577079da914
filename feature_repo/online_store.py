"""Feast's online store for the rows that this project keeps: all views in one DynamoDB table.

A row's id begins with the problem, the view and the version of the view, which the view's tags tell
Feast; the rest is Feast's own hash of the key. So a view's rows of several versions stand side by
side while models that learned by them serve. Named in ``feature_store.yaml``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import boto3
from feast import Entity, FeatureView, RepoConfig
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.online_store import OnlineStore
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from feast.repo_config import FeastConfigBaseModel
from mmh3 import hash_bytes

from ghosteam.aws.online_store import Item, change_items, read_items
from ghosteam.features.codec import (
    KEY_VERSION,
    FeatureValue,
    item_time,
    packed,
    plain,
    unpacked,
)
from ghosteam.features.feast_objects import PREFIX_TAG

Row = tuple[EntityKey, dict[str, Value], datetime, datetime | None]


class GhosteamOnlineStoreConfig(FeastConfigBaseModel):
    """``table``: the online table; ``region``: where it is."""

    type: Literal["feature_repo.online_store.GhosteamOnlineStore"] = (
        "feature_repo.online_store.GhosteamOnlineStore"
    )
    table: str
    region: str


class GhosteamOnlineStore(OnlineStore):
    """Reads and writes rows as the project's own functions do; makes and removes no table."""

    def online_write_batch(
        self,
        config: RepoConfig,
        table: FeatureView,
        data: list[Row],
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Write values of rows; of several with one key the last. What became known later stays,
        and so does what the project's own functions keep beside the values.
        """
        items = {item["entity_id"]["S"]: item for item in (_item(table, row) for row in data)}
        change_items(_client(config), config.online_store.table, list(items.values()))
        if progress:
            progress(len(data))

    def online_read(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[EntityKey],
        requested_features: list[str] | None = None,
    ) -> list[tuple[datetime | None, dict[str, Value] | None]]:
        """What stands at each key, in their order; None where nothing does."""
        name = config.online_store.table
        addresses = [(name, _id(table, key)) for key in entity_keys]
        found = read_items(_client(config), list(dict.fromkeys(addresses)))
        return [_read(found.get(address), requested_features) for address in addresses]

    def update(
        self,
        config: RepoConfig,
        tables_to_delete: Sequence[FeatureView],
        tables_to_keep: Sequence[FeatureView],
        entities_to_delete: Sequence[Entity],
        entities_to_keep: Sequence[Entity],
        partial: bool,
    ) -> None:
        """Nothing: the CDK app makes the table, and views are told apart inside it."""

    def teardown(
        self, config: RepoConfig, tables: Sequence[FeatureView], entities: Sequence[Entity]
    ) -> None:
        """Nothing: ``ghosteam destroy`` removes the table."""


def _client(config: RepoConfig) -> Any:
    return boto3.client("dynamodb", region_name=config.online_store.region)


def _id(view: FeatureView, key: EntityKey) -> str:
    serialized = serialize_entity_key(key, entity_key_serialization_version=KEY_VERSION)
    return view.tags[PREFIX_TAG] + str(hash_bytes(serialized).hex())


def _item(view: FeatureView, row: Row) -> Item:
    key, values, moment, _ = row
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return {
        "entity_id": {"S": _id(view, key)},
        "event_ts": {"S": str(moment)},
        **packed({name: plain(one) for name, one in values.items()}),
    }


def _read(
    item: Item | None, requested: list[str] | None
) -> tuple[datetime | None, dict[str, Value] | None]:
    if item is None:
        return None, None
    values = {
        name: _message(value)
        for name, value in unpacked(item).items()
        if requested is None or name in requested
    }
    return item_time(item), values


def _message(value: FeatureValue) -> Value:
    if value is None:
        return Value()
    return Value(string_val=value) if isinstance(value, str) else Value(double_val=value)
