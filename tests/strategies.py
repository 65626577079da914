"""Any document, for properties that hold for all of them."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Union

from hypothesis import strategies as st
from typing_extensions import is_typeddict


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return st.sampled_from(inside)
    if origin is Union or type(hint).__name__ == "UnionType":
        return st.one_of(*map(values_of, inside))
    if origin is tuple and inside[-1] is not Ellipsis:
        return st.tuples(*map(values_of, inside))
    if origin is list:
        return st.lists(values_of(inside[0]), max_size=3)
    if origin is tuple:
        return st.lists(values_of(inside[0]), max_size=3).map(tuple)
    if origin in (dict, Mapping) or origin is typing.get_origin(Mapping[str, str]):
        return st.dictionaries(st.text(max_size=5), values_of(inside[1]), max_size=3)
    if is_typeddict(hint):
        fields = typing.get_type_hints(hint).items()
        return st.fixed_dictionaries({name: values_of(value) for name, value in fields})
    if dataclasses.is_dataclass(hint):
        return documents_of(typing.cast("type[Any]", hint))
    if hint in (Any, object):
        return st.one_of(st.text(max_size=5), st.integers(0, 10**6), st.none())
    return {
        Any: st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        str: st.text(max_size=9),
        int: st.integers(0, 10**6),
        bool: st.booleans(),
        float: st.floats(allow_nan=False, allow_infinity=False, width=32),
        type(None): st.none(),
        datetime: st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    }[hint]


def documents_of(form: type[Any]) -> st.SearchStrategy[Any]:
    """Dataclasses with any values of their fields' types."""
    hints = typing.get_type_hints(form)
    fields = {field.name: values_of(hints[field.name]) for field in dataclasses.fields(form)}
    return st.fixed_dictionaries(fields).map(lambda values: form(**values))
