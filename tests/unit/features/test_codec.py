from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone

import mmh3
import pytest
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.errors import InvalidInput
from ghosteam.features.codec import (
    KEY_VERSION,
    StoredRow,
    encode_item,
    entity_id,
    item_time,
    unpacked,
    values_of,
)

KNOWN = datetime(2024, 3, 5, 12, tzinfo=UTC)
FEATURES = {"seats": 40.0, "maker": "ä", "age": None}
feature = st.none() | st.text() | st.floats(allow_nan=False)


@given(st.dictionaries(st.text(min_size=1), feature), st.datetimes(timezones=st.just(UTC)))
def test_every_row_reads_back_as_it_was_written(
    features: dict[str, float | str | None], known: datetime
) -> None:
    item = encode_item({"stop": "A"}, StoredRow(features, known))
    assert (unpacked(item), item_time(item)) == (features, known)
    assert list(values_of(item, tuple(features))) == list(features.values())


@pytest.mark.parametrize("number", ["4.9e-324", "1e+308", "-0.0", "0.1", "2.2250738585072011e-308"])
def test_a_number_is_read_as_python_reads_it(number: str) -> None:
    item = encode_item({"stop": "A"}, StoredRow({"c": float(number)}, KNOWN))
    assert repr(unpacked(item)["c"]) == repr(float(number))


def test_features_are_told_in_the_order_that_is_asked_for_whatever_the_row_holds() -> None:
    for features in (FEATURES, {**FEATURES, "seats, wide": 1.0}):
        item = encode_item({"stop": "A"}, StoredRow(features, KNOWN))
        assert list(values_of(item, ("age", "new", "maker", "seats"))) == [None, None, "ä", 40.0]
    assert list(values_of(encode_item({"stop": "A"}, StoredRow({}, KNOWN)), ("new",))) == [None]


def test_a_row_has_the_names_of_its_features_and_their_values_beside_each_other() -> None:
    item = encode_item({"stop": "A"}, StoredRow(FEATURES, KNOWN))
    assert (item["names"], item["values"]) == ({"S": "seats,maker,age"}, {"S": '[40.0,"ä",null]'})


def test_a_row_with_a_comma_in_a_name_or_of_an_earlier_release_is_an_object() -> None:
    features = {"seats, wide": 40.0, "maker": "ä"}
    item = encode_item({"stop": "A"}, StoredRow(features, KNOWN))
    assert "names" not in item and item["values"] == {"S": '{"seats, wide":40.0,"maker":"ä"}'}
    assert unpacked(item) == features


def test_a_row_of_the_first_releases_is_read() -> None:
    values = {"seats": Value(double_val=40.0), "maker": Value(string_val="ä"), "age": Value()}
    blobs = {name: {"B": value.SerializeToString()} for name, value in values.items()}
    item = encode_item({"stop": "A"}, StoredRow({}, KNOWN)) | {"values": {"M": blobs}}
    assert unpacked(item) == FEATURES
    as_sent = {name: {"B": b64encode(blob["B"]).decode()} for name, blob in blobs.items()}
    assert unpacked({**item, "values": {"M": as_sent}}) == FEATURES


@given(st.dictionaries(st.text(), st.text() | st.integers(-(2**63), 2**63 - 1)))
def test_a_key_has_the_identity_that_feast_gives_it(key: dict[str, str | int]) -> None:
    values = [
        Value(string_val=value) if isinstance(value, str) else Value(int64_val=value)
        for value in key.values()
    ]
    message = EntityKey(join_keys=list(key), entity_values=values)
    told = serialize_entity_key(message, entity_key_serialization_version=KEY_VERSION)
    assert entity_id(key) == mmh3.hash_bytes(told).hex()


@given(
    st.dictionaries(st.text(min_size=1), st.text() | st.integers(-(2**63), 2**63 - 1), min_size=1)
)
def test_the_order_of_key_columns_does_not_change_the_identity(key: dict[str, str | int]) -> None:
    assert entity_id(key) == entity_id(dict(reversed(key.items())))


def test_text_and_number_of_the_same_look_are_different_keys() -> None:
    assert entity_id({"line": "5"}) != entity_id({"line": 5})


@pytest.mark.parametrize("value", [1.5, True, None])
def test_a_key_that_is_neither_text_nor_integer_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidInput, match="column speed"):
        entity_id({"speed": value})  # type: ignore[dict-item]


def test_a_row_over_400_kilobytes_is_refused_with_a_remedy() -> None:
    with pytest.raises(InvalidInput, match=r"stop A.*Join fewer columns"):
        encode_item({"stop": "A"}, StoredRow({"essay": "x" * 410_000}, KNOWN))


def test_times_are_stored_in_utc() -> None:
    eastern = KNOWN.astimezone(timezone(timedelta(hours=-5)))
    assert encode_item({"stop": "A"}, StoredRow({}, eastern))["event_ts"] == {
        "S": "2024-03-05 12:00:00+00:00"
    }
