"""Text to the declared types, losing nothing.

A cell that cannot be converted becomes null and its text is kept in ``_uncastable`` (JSON by
column), columns that are not declared are kept in ``_extra`` (JSON by column). Both are null where
there is nothing to keep.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime

import polars as pl

from ghosteam.data.frames import EXTRA, MALFORMED, MISFIT, ROW, UNCASTABLE, as_json, sparse
from ghosteam.data.plain_times import plain_times
from ghosteam.data.written_numbers import is_plain, numbers_of
from ghosteam.documents.file_dialect import FileDialect
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column, Dataset
from ghosteam.problem.moments import parse_cell
from ghosteam.problem.nulls import BLANKS, null_numbers
from ghosteam.problem.reserved import BESIDE_CELLS
from ghosteam.problem.text_values import EXACT

TIME = pl.Datetime("us", "UTC")
TYPES: dict[str, pl.DataType] = {
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "string": pl.String(),
    "boolean": pl.Boolean(),
    "timestamp": TIME,
}

_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
_WORDS = {
    written: value
    for word, value in _BOOLEANS.items()
    for written in (word, word.upper(), word.title())
}
_COUNTED = {1.0: True, 0.0: False}
_NUMERIC = ("integer", "number")
_TOLD_NAMES = 50


def extra_columns(cells: pl.DataFrame, dataset: Dataset) -> list[str]:
    """Columns of a record batch that the data set does not declare."""
    known = {*dataset.columns, *BESIDE_CELLS}
    return [name for name in cells.columns if name not in known]


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
    names = [name for name in cells.columns if name not in BESIDE_CELLS]
    if EXTRA in cells.columns:
        first = cells[EXTRA].drop_nulls().head(1)
        names += json.loads(first[0]) if first.len() else []
    return ", ".join(names[:_TOLD_NAMES]) + (", …" if len(names) > _TOLD_NAMES else "")


def convert(
    cells: pl.DataFrame, dataset: Dataset, reading: FileDialect | None = None
) -> pl.DataFrame:
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
        values, wrong = _converted(cells[name], name, dataset, reading)
        for index in wrong.arg_true():
            uncastable.setdefault(index, {})[name] = cells[name][index]
        columns.append(values)
    told = {index: json.dumps(found, sort_keys=True) for index, found in uncastable.items()}
    columns += [
        sparse(UNCASTABLE, told, cells.height),
        _extra(cells, dataset),
        cells[MALFORMED],
    ]
    return pl.DataFrame(columns)


def _converted(
    cells: pl.Series, name: str, dataset: Dataset, reading: FileDialect | None
) -> tuple[pl.Series, pl.Series]:
    """A column in its type, and which of its cells are none of it."""
    column, markers = dataset.columns[name], dataset.null_markers(name)
    written_plainly = column.type not in _NUMERIC or is_plain(column, reading)
    if column.type != "string" and column.format is None and written_plainly:
        # Most cells are plain: only the others are looked at more closely.
        values = _plain(cells, column, markers)
        rest = values.is_null() & cells.is_not_null()
        if not rest.any():
            return values, rest
        places = rest.arg_true()
        some, wrong = _closely(cells.gather(places), name, dataset, reading)
        return values.scatter(places, some), rest.scatter(places, wrong)
    return _closely(cells, name, dataset, reading)


def _closely(
    cells: pl.Series, name: str, dataset: Dataset, reading: FileDialect | None
) -> tuple[pl.Series, pl.Series]:
    column, markers = dataset.columns[name], dataset.null_markers(name)
    bare = cells.str.strip_chars(BLANKS)
    given = ~bare.is_in(markers) & bare.is_not_null()
    # Strings keep their blanks, which are the owner's unless he says otherwise; only null markers
    # are recognised without them.
    kept_whole = column.type == "string" and not (dataset.files and dataset.files.trim)
    text = (cells if kept_whole else bare).set(~given, None)
    if column.type in _NUMERIC:
        text = numbers_of(text, column, reading)
    if column.type != "string" and (numbers := null_numbers(markers)):
        null = text.cast(pl.Float64, strict=False).is_in(numbers).fill_null(False)
        text, given = text.set(null, None), given & ~null
    values = typed(text, column)
    return values, given & values.is_null()


def _plain(cells: pl.Series, column: Column, markers: Collection[str]) -> pl.Series:
    """What :func:`_closely` would find too, where that is seen at once; else null."""
    values = _at_once(cells, column)
    if numbers := null_numbers(markers):
        number = values if values.dtype.is_numeric() else cells
        null = number.cast(pl.Float64, strict=False).is_in([*numbers])
        values = values.set(null.fill_null(False), None)
    words = pl.Series([*markers], dtype=pl.String)
    words = words.filter(_at_once(words, column).is_not_null())
    return values.set(cells.is_in(words).fill_null(False), None) if words.len() else values


def _at_once(cells: pl.Series, column: Column) -> pl.Series:
    """Cells that are values without doubt, whatever stands for null; null for all others."""
    match column.type:
        case "timestamp":
            return plain_times(cells, column).cast(TIME)
        case "boolean":
            return cells.replace_strict(_WORDS, default=None, return_dtype=pl.Boolean)
        case "number":
            values = cells.cast(pl.Float64, strict=False)
            return values.set(~values.is_finite().fill_null(True), None)
    return cells.cast(TYPES[column.type], strict=False)


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
            words = {value: _BOOLEANS.get(value.lower()) for value in text.unique().drop_nulls()}
            return counted.fill_null(
                text.replace_strict(words, default=None, return_dtype=pl.Boolean)
            )
        case "timestamp":
            unique = text.unique().drop_nulls()
            moments = pl.Series([_moment(value, column) for value in unique], dtype=TIME)
            return text.replace_strict(unique, moments, default=None, return_dtype=TIME)
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
