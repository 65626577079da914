"""Rows that were read as other types are what a file that says the same would be."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ghosteam.data.convert import TYPES, convert
from ghosteam.data.declared import as_declared
from ghosteam.data.read import MALFORMED, MISFIT, ROW
from ghosteam.problem.datasets import Dataset

COUNTED = {"type": "timestamp", "unit": "seconds"}
KINDS: list[Any] = ["integer", "number", "string", "boolean", "timestamp", COUNTED]
CELLS = """0,1,true,no,101,101.0,1.5,inf,9007199254740993,1e3, 7 ,-999,1705320000,2024-05-01,
2024-05-01T12:00:00Z"""
TEXTS = st.text(max_size=8) | st.sampled_from(CELLS.replace("\n", "").split(","))


def declared(kind: Any) -> Dataset:
    column = {"type": kind} if isinstance(kind, str) else kind
    columns = {"x": {**column, "nullable": True, "null_values": []}}
    return Dataset.model_validate({"role": "events", "columns": columns})


def read(text: str | None, kind: Any) -> pl.DataFrame:
    """A cell of a file, as a column of a kind."""
    frame = pl.DataFrame(
        {ROW: [1], "x": [text], MALFORMED: [None], MISFIT: [None]},
        schema={ROW: pl.Int64, "x": pl.String, MALFORMED: pl.String, MISFIT: pl.String},
    )
    return convert(frame, declared(kind))


def adapted(rows: pl.DataFrame, kind: Any) -> Any:
    [found] = as_declared(rows, declared(kind), ["x"])["x"]
    return found


def said(value: Any) -> str:
    """What a file says of a value."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@given(TEXTS, st.sampled_from(KINDS), st.sampled_from(KINDS))
@example("1705320000", "integer", COUNTED)
@example("1705320000", "number", "timestamp")
@example("2", "integer", "boolean")
@example("inf", "string", "number")
@example("9007199254740993", "string", "integer")
@example("no", "string", "boolean")
@example("2024-05-01T12:00:00Z", "string", "timestamp")
def test_a_value_of_another_type_is_what_a_file_that_says_it_would_give(
    text: str, before: Any, now: Any
) -> None:
    rows = read(text, before)
    value, found = rows["x"][0], adapted(rows, now)
    if found is None or value == found:
        return
    if isinstance(value, bool) and isinstance(found, int | float):
        assert found == int(value)
    elif now == "string":
        assert found == str(int(value)) and int(value) == value
    else:
        assert found == read(said(value), now)["x"][0]


@pytest.mark.parametrize(
    ("text", "before", "now", "value"),
    [
        ("101.0", "number", "string", "101"),
        ("101.5", "number", "string", None),
        ("9007199254740992.0", "number", "string", None),
        ("9007199254740993", "string", "integer", 9007199254740993),
        ("5", "integer", "boolean", None),
        ("1", "integer", "boolean", True),
        ("yes", "boolean", "integer", 1),
        ("true", "boolean", "string", None),
        ("1705320000", "integer", "timestamp", None),
        ("2024-05-01T12:00:00Z", "timestamp", "integer", None),
        ("2024-05-01T12:00:00Z", "timestamp", "number", None),
        ("2024-05-01T12:00:00Z", "timestamp", "boolean", None),
        ("inf", "string", "number", None),
        (" 7 ", "string", "integer", 7),
    ],
)
def test_what_another_type_does_not_say_is_null(
    text: str, before: Any, now: Any, value: Any
) -> None:
    assert adapted(read(text, before), now) == value


def test_a_time_is_the_same_moment_in_any_form_and_a_column_that_is_new_is_null() -> None:
    for before, now in (("timestamp", COUNTED), (COUNTED, "timestamp")):
        rows = read("2024-05-01T12:00:00Z", before)
        assert adapted(rows, now) == rows["x"][0] is not None
        # Counted seconds are read by the unit, whatever they were before.
    assert adapted(read("1705320000", "string"), COUNTED) == read("1705320000", COUNTED)["x"][0]
    for kind in KINDS:
        of = declared(kind)
        found = as_declared(pl.DataFrame({"y": [1, 2]}), of, ["x"])["x"]
        assert (found.dtype, found.to_list()) == (TYPES[of.columns["x"].type], [None, None])
