"""Records of the prediction log as frames: what comes from a problem lies in columns of its own.

``event``, ``outputs``, ``features`` and ``freshness_seconds`` are structs, so that a feature called
as one of the log's own columns is no other column's value. A struct has the fields that its records
have, in the types of their values; who reads adapts them to what the problem says today.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

import polars as pl
from polars.datatypes import DataTypeClass

from ghosteam.data.derive import TIME
from ghosteam.documents.failed_call import FailedCall
from ghosteam.documents.logged_prediction import LoggedPrediction
from ghosteam.problem.datasets import ColumnKind
from ghosteam.problem.spec import EVENT_TIME, Problem

Nested = Literal["event", "outputs", "features", "freshness_seconds"]
NESTED: tuple[Nested, ...] = get_args(Nested)
ValueType: TypeAlias = pl.DataType | DataTypeClass
"""A column's type."""
OWN: Mapping[str, ValueType] = {
    "prediction_id": pl.String,
    "call_id": pl.String,
    "assigned": pl.String,
    "answered": pl.String,
    "model_version": pl.String,
    "endpoint": pl.String,
    EVENT_TIME: TIME,
    "made_at": TIME,
    "latency_ms": pl.Float64,
}
CALLS: Mapping[str, ValueType] = {
    "call_id": pl.String,
    "asked": pl.String,
    "model_version": pl.String,
    "endpoint": pl.String,
    "made_at": TIME,
    "rows": pl.Int64,
    "error": pl.String,
}
COLUMN_TYPES: Mapping[ColumnKind, ValueType] = {
    "integer": pl.Int64,
    "number": pl.Float64,
    "string": pl.String,
    "boolean": pl.Boolean,
    "timestamp": TIME,
}
_LARGEST = 2**63


def predictions_frame(records: Sequence[LoggedPrediction]) -> pl.DataFrame:
    """A row a prediction, the first of each id; a struct without any field is left out."""
    own = {
        name: pl.Series(name, [getattr(one, name) for one in records], dtype=kind)
        for name, kind in OWN.items()
    }
    nested: dict[str, pl.Series] = {
        name: _struct(name, [getattr(one, name) for one in records])
        for name in NESTED
        if any(getattr(one, name) for one in records)
    }
    return pl.DataFrame({**own, **nested}).unique(
        "prediction_id", keep="first", maintain_order=True
    )


def calls_frame(records: Sequence[FailedCall]) -> pl.DataFrame:
    """A row a failed call, the first of each id."""
    columns = {name: [getattr(one, name) for one in records] for name in CALLS}
    return pl.DataFrame(columns, schema=dict(CALLS)).unique(
        "call_id", keep="first", maintain_order=True
    )


def adapted(frame: pl.DataFrame, problem: Problem, parts: Sequence[Nested]) -> pl.DataFrame:
    """A stored frame as the problem reads it today: the log's own columns and ``parts``.

    ``event`` and ``features`` have exactly the problem's columns (strings, or Float64, for
    features), null where the record has none or one of another type; ``freshness_seconds`` those
    that it has; ``outputs`` is a list in the problem's order, null where the model had others. With
    ``features`` comes ``unlogged``, a list of those that the frame does not have.
    """
    columns = [pl.col(name).cast(kind) for name, kind in OWN.items()]
    for part in parts:
        if part == "event":
            columns.append(_typed(frame, part, event_types(problem)))
        elif part == "features":
            columns.append(_typed(frame, part, feature_types(problem)))
        elif part == "outputs":
            columns.append(_outputs(frame, problem))
        else:
            columns.append(_typed(frame, part, dict.fromkeys(_fields(frame, part), pl.Float64)))
    if "features" in parts:
        columns.append(pl.lit(_unlogged(frame, problem)).first().alias("unlogged"))
    return frame.select(columns)


def _unlogged(frame: pl.DataFrame, problem: Problem) -> pl.Series:
    """Features that no record of the frame has: the problem had them not yet, or not any more."""
    found = _fields(frame, "features")
    names = [name for name in problem.logged_features if name not in found]
    return pl.Series([names], dtype=pl.List(pl.String))


def event_types(problem: Problem) -> dict[str, ValueType]:
    """The columns that name an event, with their types."""
    return {
        name: COLUMN_TYPES[problem.events.columns[name].type] for name in problem.naming_columns
    }


def feature_types(problem: Problem) -> dict[str, ValueType]:
    """The features that may be logged, with their types."""
    texts = set(problem.text_features)
    return {name: pl.String if name in texts else pl.Float64 for name in problem.logged_features}


def unnested(frame: pl.DataFrame, part: Nested) -> pl.DataFrame:
    """The fields of a struct, a column each; a frame without columns where it has none."""
    column = frame.get_column(part)
    return column.struct.unnest() if _fields(frame, part) else pl.DataFrame(height=frame.height)


def _struct(name: str, values: Sequence[Mapping[str, object]]) -> pl.Series:
    fields = dict.fromkeys(field for one in values for field in one)
    columns = [_series(field, [one.get(field) for one in values]) for field in fields]
    return pl.DataFrame(columns).to_struct(name)


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    """In the one type that holds all values; text, as in JSON, where none does."""
    kinds = {type(value) for value in values if value is not None}
    if not kinds or kinds == {str}:
        return pl.Series(name, values, dtype=pl.String)
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {int} and all(value is None or -_LARGEST <= value < _LARGEST for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds <= {int, float}:
        numbers = [None if value is None else float(value) for value in values]
        return pl.Series(name, numbers, dtype=pl.Float64)
    texts = [
        value if value is None or isinstance(value, str) else json.dumps(value) for value in values
    ]
    return pl.Series(name, texts, dtype=pl.String)


def _fields(frame: pl.DataFrame, part: str) -> dict[str, ValueType]:
    kind = frame.schema.get(part)
    return {field.name: field.dtype for field in kind.fields} if isinstance(kind, pl.Struct) else {}


def _typed(frame: pl.DataFrame, part: str, types: Mapping[str, ValueType]) -> pl.Expr:
    found = _fields(frame, part)
    if not types:
        return pl.lit(None, pl.Struct([])).alias(part)
    fields = [
        _cast(pl.col(part).struct.field(name), found[name], kind).alias(name)
        if name in found
        else pl.lit(None, kind).alias(name)
        for name, kind in types.items()
    ]
    return pl.struct(fields).alias(part)


def _cast(value: pl.Expr, found: ValueType, wanted: ValueType) -> pl.Expr:
    if found == wanted:
        return value
    if wanted == TIME and found == pl.String:
        return value.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    if wanted == pl.Boolean and found == pl.String:
        return value.replace_strict({"true": True, "false": False}, default=None)
    return value.cast(wanted, strict=False)


def _outputs(frame: pl.DataFrame, problem: Problem) -> pl.Expr:
    """A record has the outputs that are not null: a model's are numbers."""
    found = _fields(frame, "outputs")
    if not set(problem.outputs) <= set(found):
        return pl.lit(None, pl.List(pl.Float64)).alias("outputs")
    field = pl.col("outputs").struct.field
    others = [field(name).is_null() for name in found if name not in problem.outputs]
    complete = pl.all_horizontal(*[field(name).is_not_null() for name in problem.outputs], *others)
    values = pl.concat_list([field(name).cast(pl.Float64) for name in problem.outputs])
    return pl.when(complete).then(values).otherwise(None).alias("outputs")
