"""Text to the declared types, losing nothing.

A cell that cannot be converted becomes null and its text is kept in ``_uncastable`` (JSON by
column), columns that are not declared are kept in ``_extra`` (JSON by column). Both are null where
there is nothing to keep.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from ghosteam.data.frames import EXTRA, MALFORMED, MISFIT, RESERVED, ROW, as_json
from ghosteam.data.written_numbers import numbers_of
from ghosteam.documents.reading import Reading
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column, Dataset
from ghosteam.problem.moments import parse_cell
from ghosteam.problem.nulls import BLANKS, null_numbers
from ghosteam.problem.text_values import EXACT

UNCASTABLE = "_uncastable"
TYPES: dict[str, pl.DataType] = {
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "string": pl.String(),
    "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us", "UTC"),
}

_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
_COUNTED = {1.0: True, 0.0: False}
_TOLD_NAMES = 50


def extra_columns(cells: pl.DataFrame, dataset: Dataset) -> list[str]:
    """Columns of a record batch that the data set does not declare."""
    return [name for name in cells.columns if name not in dataset.columns and name not in RESERVED]


def absent_columns(cells: pl.DataFrame, dataset: Dataset) -> list[str]:
    """Declared columns that a record batch lacks."""
    return [name for name in dataset.columns if name not in cells.columns]


def check_columns(cells: pl.DataFrame, dataset: Dataset) -> None:
    """A column may be missing only if it is nullable.

    Raises:
        InvalidInput: a required column is missing; the message names all that are.
    """
    missing = [
        name
        for name in absent_columns(cells, dataset)
        if not (dataset.columns[name].nullable or dataset.columns[name].made_of)
    ]
    if missing and cells[MALFORMED].null_count():
        raise InvalidInput(
            f"Required columns are missing: {_called(missing, dataset)}; the file has "
            f"{_found(cells)}",
            where={"column": missing[0]},
            remedy="Add the columns, or declare them nullable in problem.yaml; if all names stand "
            "in one, declare what separates them: 'files: {separator: …}'",
        )


def _called(names: Sequence[str], dataset: Dataset) -> str:
    """Columns, with the names that files have for them."""
    sources = {name: dataset.columns[name].from_ for name in names}
    return ", ".join(
        f"{name} (from {source})" if source else name for name, source in sources.items()
    )


def _found(cells: pl.DataFrame) -> str:
    """The columns of a file, for people."""
    names = [name for name in cells.columns if name not in RESERVED]
    if EXTRA in cells.columns:
        first = cells[EXTRA].drop_nulls().head(1)
        names += json.loads(first[0]) if first.len() else []
    return ", ".join(names[:_TOLD_NAMES]) + (", …" if len(names) > _TOLD_NAMES else "")


def convert(cells: pl.DataFrame, dataset: Dataset, reading: Reading | None = None) -> pl.DataFrame:
    """A record batch with ``_row``, the declared columns in their types and order, ``_uncastable``,
    ``_extra``, ``_malformed``. ``reading``: how its file was read, which says how its numbers are
    written.

    Never fails: timestamps are as :mod:`ghosteam.problem.moments` reads them, whole numbers may end
    in ``.0``, a number is finite.
    """
    misfits = cells[MISFIT]
    uncastable: dict[int, dict[str, str]] = {
        index: json.loads(misfits[index]) for index in misfits.is_not_null().arg_true()
    }
    columns = [cells[ROW]]
    for name, column in dataset.columns.items():
        if name not in cells.columns:
            columns.append(pl.Series(name, [None] * cells.height, dtype=TYPES[column.type]))
            continue
        bare = cells[name].str.strip_chars(BLANKS)
        markers = dataset.null_markers(name)
        given = ~bare.is_in(markers) & bare.is_not_null()
        # Strings keep their blanks, which are the owner's unless he says otherwise; only null
        # markers are recognised without them.
        kept_whole = column.type == "string" and not (dataset.files and dataset.files.trim)
        text = (cells[name] if kept_whole else bare).set(~given, None)
        if column.type in ("integer", "number"):
            text = numbers_of(text, column, reading)
        if column.type != "string" and (numbers := null_numbers(markers)):
            null = text.cast(pl.Float64, strict=False).is_in(numbers).fill_null(False)
            text, given = text.set(null, None), given & ~null
        values = typed(text, column)
        for index in (given & values.is_null()).arg_true():
            uncastable.setdefault(index, {})[name] = cells[name][index]
        columns.append(values)
    kept = [
        json.dumps(uncastable[i], sort_keys=True) if i in uncastable else None
        for i in range(cells.height)
    ]
    columns += [
        pl.Series(UNCASTABLE, kept, dtype=pl.String),
        _extra(cells, dataset),
        cells[MALFORMED],
    ]
    return pl.DataFrame(columns)


def typed(text: pl.Series, column: Column) -> pl.Series:
    """Texts, without blanks around them, as the column's type; null where they are none of it."""
    match column.type:
        case "integer":
            number = text.cast(pl.Float64, strict=False)
            whole = number.is_finite() & (number == number.floor()) & (number.abs() < EXACT)
            rounded = number.set(~whole.fill_null(False), None).cast(pl.Int64)
            return text.cast(pl.Int64, strict=False).fill_null(rounded).alias(text.name)
        case "number":
            number = text.cast(pl.Float64, strict=False)
            return number.set(~number.is_finite().fill_null(False), None)
        case "boolean":
            # Ones and zeros with a gap come as floats from tools that know no null integers.
            number = text.cast(pl.Float64, strict=False)
            counted = number.replace_strict(_COUNTED, default=None, return_dtype=pl.Boolean)
            words = [_BOOLEANS.get(value.lower()) if value else None for value in text]
            return counted.fill_null(pl.Series(words, dtype=pl.Boolean))
        case "timestamp":
            unique = text.unique().drop_nulls()
            moments = {value: _moment(value, column) for value in unique}
            return pl.Series(
                text.name, [moments.get(value) for value in text], dtype=TYPES["timestamp"]
            )
        case "string":
            return text


def _moment(text: str, column: Column) -> datetime | None:
    try:
        return _parsed(text, column)
    except ValueError:
        return None


def _parsed(text: str, column: Column) -> datetime:
    return parse_cell(
        text,
        unit=column.unit,
        zone=column.zone,
        ambiguous=column.ambiguous,
        form=column.format,
    )


def wall_clock_fault(text: str, column: Column) -> str | None:
    """Why a time that is one in UTC is none in the column's zone; None where it is none at all."""
    text = text.strip(BLANKS)
    try:
        parse_cell(text, unit=column.unit, form=column.format)
        _parsed(text, column)
    except ValueError as error:
        return str(error) if "clocks of" in str(error) else None
    return None


def _extra(cells: pl.DataFrame, dataset: Dataset) -> pl.Series:
    if EXTRA in cells.columns:
        return cells[EXTRA]
    names = extra_columns(cells, dataset)
    if not names:
        return pl.Series(EXTRA, [None] * cells.height, dtype=pl.String)
    return as_json([cells[name] for name in names])
