"""The dialect of a CSV file: what its data set declares, else what its first lines show.

The names of the declared columns are what a header is known by. Where nothing is declared or
found, it is plain CSV: commas and double quotes, with the header in the first line.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypedDict

from ghosteam.data.number_styles import style_of
from ghosteam.data.written_numbers import bare_number, tells_marks
from ghosteam.documents.file_dialect import FileDialect
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column
from ghosteam.problem.files import NO_QUOTE, Files

SEPARATORS = (",", ";", "\t", "|")
MAX_COLUMNS = 50_000
_QUOTES = ('"', "'")
_PREAMBLE = 100
_TOLD_NAMES = 50
_MOST = 0.9
"""So many of the first rows show what holds for all."""


@dataclass(frozen=True)
class _Header:
    """``skipped`` lines stand before it; ``named``: how many declared columns it names."""

    separator: str
    quote: str | None
    skipped: int
    named: int
    cells: Sequence[str]


def dialect_of(
    lines: Sequence[str], files: Files, columns: Mapping[str, Column] | None, reading: FileDialect
) -> FileDialect:
    """``reading`` with the dialect of a file that begins with these ``lines``."""
    header = _header(lines, files, columns)
    found = replace(
        reading,
        separator=header.separator,
        quote=header.quote,
        escape=files.escape,
        skipped=header.skipped,
    )
    records = _records(lines[header.skipped :], found)
    cells = next(records, [])
    rows = list(records)
    found = replace(found, trailing=is_trailing(cells, rows))
    if not cells:
        return replace(found, detected=(*reading.detected, *_detected(found, files)))
    names = header_names(cells[: len(cells) - _ends_empty(cells, found)], columns)
    told = zip(names, (cell.strip() for cell in cells), strict=False)
    renamed = [(new, old) for new, old in told if new != old]
    found = replace(found, renamed=dict(renamed[:_TOLD_NAMES]))
    if columns is not None:
        places = [
            place
            for place, name in enumerate(names)
            if name in columns and tells_marks(columns[name])
        ]
        symbols = {place: columns[names[place]].symbol for place in places}
        numbers = (
            bare_number(row[place], symbols[place])
            for row in rows
            for place in places
            if place < len(row)
        )
        decimal, thousands = style_of(numbers, decimal=files.decimal, thousands=files.thousands)
        found = replace(found, decimal=decimal, thousands=thousands)
    return replace(found, detected=(*reading.detected, *_detected(found, files)))


class CsvSettings(TypedDict):
    """A dialect as the csv module names it."""

    delimiter: str
    quotechar: str | None
    quoting: Literal[0, 1, 2, 3]
    escapechar: str | None
    doublequote: bool


def csv_settings(reading: FileDialect) -> CsvSettings:
    """What the csv module needs to know of a dialect."""
    return {
        "delimiter": reading.separator or ",",
        "quotechar": reading.quote,
        "quoting": csv.QUOTE_MINIMAL if reading.quote else csv.QUOTE_NONE,
        "escapechar": reading.escape,
        "doublequote": True,
    }


def header_names(cells: Sequence[str], columns: Collection[str] | None) -> list[str]:
    """The names of a file's columns. One without a name is what R and pandas write for row numbers;
    one that bears the name of another is numbered, where neither is declared.

    Raises:
        InvalidInput: there are no names, or too many, or a declared column comes twice.
    """
    if not any(cell.strip() for cell in cells):
        raise InvalidInput("The header has no names", remedy="Name the columns in the first line")
    if len(cells) > MAX_COLUMNS:
        raise InvalidInput(
            f"The header has {len(cells)} names, more than {MAX_COLUMNS}",
            remedy="Check the separator and the line ends, or drop the columns that nobody needs",
        )
    bare = [cell.strip() or f"column_{number}" for number, cell in enumerate(cells, 1)]
    taken, names = {*bare, *(columns or ())}, list[str]()
    seen: set[str] = set()
    numbers: dict[str, int] = {}
    for name in bare:
        new = name
        if name in seen:
            if columns is not None and name in columns:
                raise InvalidInput(
                    f"The header names {name} more than once",
                    where={"column": name},
                    remedy="Rename or drop one of them",
                )
            number = numbers.get(name, 1)
            while new in taken:
                number += 1
                new = f"{name}_{number}"
            numbers[name] = number
            taken.add(new)
        seen.add(new)
        names.append(new)
    return names


def is_trailing(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether lines end in a separator behind which there is nothing."""
    if not rows or not header:
        return False
    if len(header) > 1 and not header[-1].strip():
        return all(len(row) < len(header) or not row[len(header) - 1].strip() for row in rows)
    longer = sum(len(row) == len(header) + 1 and not row[-1].strip() for row in rows)
    return longer >= _MOST * len(rows)


def _ends_empty(cells: Sequence[str], reading: FileDialect) -> bool:
    return reading.trailing and not cells[-1].strip()


def _records(lines: Sequence[str], reading: FileDialect) -> Iterator[list[str]]:
    """What the lines hold, as well as can be told."""
    try:
        yield from (cells for cells in csv.reader(lines, **csv_settings(reading)) if cells)
    except csv.Error:
        return


def _header(lines: Sequence[str], files: Files, columns: Mapping[str, Column] | None) -> _Header:
    """The first line that names all columns that are needed; else the first line, split in the way
    that names most.
    """
    quotes: Sequence[str | None] = (
        (_quote(files.quote),) if files.quote else _QUOTES if columns else _QUOTES[:1]
    )
    separators: Sequence[str] = (files.separator,) if files.separator else SEPARATORS
    if columns is None:
        separator = files.separator or _steadiest(lines)
        return _Header(separator, quotes[0], files.skip or 0, 0, ())
    needed = {name for name, column in columns.items() if not column.nullable}
    filled = _first_filled(lines)
    first = files.skip if files.skip is not None else filled
    best = _Header(separators[0], quotes[0], files.skip or 0, 0, ())
    last = first + 1 if files.skip is not None else min(len(lines), _PREAMBLE)
    for place in range(first, last):
        for quote in quotes:
            for separator in separators:
                cells = _split(lines, place, separator, quote)
                names = {cell.strip() for cell in cells}
                named = len(names & columns.keys())
                skipped = place if place != filled or files.skip else 0
                found = _Header(separator, quote, skipped, named, cells)
                # A row that holds a name or two by chance is no header.
                is_sure = place == first or named > 1 or named == len(cells)
                is_complete = named > 0 and needed <= names and is_sure
                if named > best.named and (is_complete or place == first):
                    best = found
        if best.named and needed <= {cell.strip() for cell in best.cells}:
            return best
    return best


def _first_filled(lines: Sequence[str]) -> int:
    return next((place for place, line in enumerate(lines) if line.strip()), 0)


def _split(lines: Sequence[str], place: int, separator: str, quote: str | None) -> list[str]:
    settings = csv_settings(FileDialect("csv", separator=separator, quote=quote))
    try:
        return next(csv.reader(lines[place : place + 5], **settings), [])
    except csv.Error:
        return []


def _steadiest(lines: Sequence[str]) -> str:
    """The separator that stands in the first line, and as often in most of the others."""

    def merit(separator: str) -> tuple[float, int]:
        counts = [line.count(separator) for line in lines[:100] if line.strip()]
        if not counts or not counts[0]:
            return 0.0, 0
        return counts.count(counts[0]) / len(counts), counts[0]

    best = max(SEPARATORS, key=merit)
    return best if merit(best) > merit(",") and not merit(",")[1] else ","


def _quote(declared: str) -> str | None:
    return None if declared == NO_QUOTE else declared


def _detected(found: FileDialect, files: Files) -> Iterator[str]:
    usual = {
        "separator": (files.separator, found.separator, ","),
        "quote": (files.quote, found.quote, '"'),
        "skip": (files.skip, found.skipped, 0),
        "decimal": (files.decimal, found.decimal or ".", "."),
        "thousands": (files.thousands, found.thousands or "none", "none"),
        "trailing": (None, found.trailing, False),
    }
    for name, (declared, value, plain) in usual.items():
        if declared is None and value != plain:
            yield name
