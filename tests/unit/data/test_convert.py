from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.convert import TYPES, check_columns, convert
from ghosteam.data.frames import EXTRA, UNCASTABLE
from ghosteam.data.read import MALFORMED, MISFIT, ROW
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.nulls import is_null_text

KINDS = ("integer", "number", "string", "boolean", "timestamp")


def _dataset(**columns: Any) -> Dataset:
    return Dataset.model_validate({"role": "events", "columns": columns})


def _cells(**columns: list[str | None]) -> pl.DataFrame:
    rows = len(next(iter(columns.values())))
    return pl.DataFrame(
        [
            pl.Series(ROW, range(1, rows + 1), dtype=pl.Int64),
            *(pl.Series(name, values, dtype=pl.String) for name, values in columns.items()),
            pl.Series(MALFORMED, [None] * rows, dtype=pl.String),
            pl.Series(MISFIT, [None] * rows, dtype=pl.String),
        ]
    )


def _one(kind: str, text: str | None) -> tuple[Any, str | None]:
    frame = convert(_cells(x=[text]), _dataset(x=kind))
    assert frame["x"].dtype == TYPES[kind]
    return frame["x"][0], json.loads(frame[UNCASTABLE][0])["x"] if frame[UNCASTABLE][0] else None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "5", 5),
        ("integer", " 5.0 ", 5),
        ("integer", "9007199254740993", 9007199254740993),
        ("integer", "-1e3", -1000),
        ("number", "1e-3", 0.001),
        ("boolean", "True", True),
        ("boolean", "0", False),
        ("boolean", "1.0", True),
        ("boolean", "0.00", False),
        ("string", " EWR", " EWR"),
        ("timestamp", "2013-01-01T10:00:00Z", datetime(2013, 1, 1, 10, tzinfo=UTC)),
        ("timestamp", "2013-01-01 10:00", datetime(2013, 1, 1, 10, tzinfo=UTC)),
        ("timestamp", "2013-01-01T10:00:00-05:00", datetime(2013, 1, 1, 15, tzinfo=UTC)),
        ("timestamp", "2013-01-01", datetime(2013, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_cell_is_read_leniently(kind: str, text: str, value: Any) -> None:
    assert _one(kind, text) == (value, None)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "5.5"),
        ("integer", "1e20"),
        ("integer", "five"),
        ("number", "NaN"),
        ("number", "inf"),
        ("number", "1,5"),
        ("boolean", "maybe"),
        ("boolean", "0.5"),
        ("boolean", "2"),
        ("timestamp", "yesterday"),
        ("timestamp", "0001-01-01T00:00:00+10:00"),
    ],
)
def test_a_cell_of_the_wrong_type_becomes_null_and_its_text_is_kept(kind: str, text: str) -> None:
    assert _one(kind, text) == (None, text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [None, "", " \u3000", "NA", " NA "])
def test_null_markers_are_null_and_not_a_failure(kind: str, text: str | None) -> None:
    is_text = kind == "string" and "NA" in (text or "")
    assert _one(kind, text) == (text if is_text else None, None)


@pytest.mark.parametrize(
    ("column", "dataset_markers", "nulls"),
    [
        ({"type": "string"}, None, [""]),
        ({"type": "string", "values": ["NA", "EMEA"]}, ["", "NA"], [""]),
        ({"type": "string"}, ["NA"], ["NA"]),
        ({"type": "string", "null_values": ["NA", "-"]}, ["x"], ["NA", "-"]),
        ({"type": "string", "null_values": []}, ["NA"], []),
        ({"type": "integer"}, None, ["", "NA"]),
        ({"type": "number", "null_values": [-999]}, None, ["-999", "-999.0", "-9.99e2"]),
        ({"type": "integer", "null_values": [-999, ""]}, ["NA"], ["", "-999", "-999.0", "-9.99e2"]),
    ],
)
def test_markers_of_a_column_win_over_the_data_sets_and_values_over_both(
    column: dict[str, Any], dataset_markers: list[str] | None, nulls: list[str]
) -> None:
    dataset = Dataset.model_validate(
        {"role": "events", "columns": {"x": column}, "null_values": dataset_markers}
    )
    texts = ["", "NA", "-", "x", "EMEA", "-999", "-999.0", "-9.99e2"]
    frame = convert(_cells(x=texts), dataset)
    bare = [
        text
        for text, value, kept in zip(texts, frame["x"], frame[UNCASTABLE], strict=True)
        if value is None and kept is None
    ]
    assert bare == nulls


def test_columns_that_are_not_declared_are_kept_beside_the_row() -> None:
    frame = convert(_cells(more=["1", None], x=["2", "3"]), _dataset(x="integer"))
    assert frame.columns == [ROW, "x", UNCASTABLE, EXTRA, MALFORMED]
    assert [json.loads(text) for text in frame[EXTRA]] == [{"more": "1"}, {"more": None}]


def test_a_missing_nullable_column_is_null_and_a_missing_required_one_is_refused_by_name() -> None:
    dataset = _dataset(x="integer", y="number?", z="string")
    check_columns(_cells(x=["1"], z=["a"]), dataset)
    assert convert(_cells(x=["1"], z=["a"]), dataset)["y"].to_list() == [None]
    with pytest.raises(
        InvalidInput, match="Required columns are missing: x, z; the file has q"
    ) as caught:
        check_columns(_cells(q=["1"]), dataset)
    assert caught.value.where == {"column": "x"}
    assert "nullable" in caught.value.remedy


@given(
    kind=st.sampled_from(KINDS),
    texts=st.lists(
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1
    ),
)
def test_conversion_never_fails_and_loses_nothing(kind: str, texts: list[str | None]) -> None:
    frame = convert(_cells(x=texts), _dataset(x=kind))
    for text, value, kept in zip(texts, frame["x"], frame[UNCASTABLE], strict=True):
        missing = text is None or is_null_text(text, ("",) if kind == "string" else ("", "NA"))
        assert missing or value is not None or json.loads(kept) == {"x": text}


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_64_bit_integer_survives(value: int) -> None:
    assert _one("integer", str(value)) == (value, None)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_survives(value: float) -> None:
    assert _one("number", repr(value)) == (value, None)


@given(
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)),
    st.integers(-14 * 60, 14 * 60),
)
def test_every_moment_survives_in_utc(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert _one("timestamp", moment.isoformat()) == (moment.astimezone(UTC), None)
