"""CSV as people have it: encoding, separator, lines before the header, and the header itself."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from ghosteam.errors import InvalidInput
from ghosteam.problem.reserved import RESERVED

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_FIRST_LINES = 200
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Decoded:
    """``encoding``: its name where the text was not UTF-8."""

    text: str
    encoding: str | None


def decoded(content: bytes) -> Decoded:
    """A file's text: UTF-8, UTF-16 with its mark, or else Windows-1252, which holds Latin-1."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Decoded(content.decode("utf-16"), "UTF-16")
    try:
        return Decoded(content.decode("utf-8-sig"), None)
    except UnicodeDecodeError:
        return Decoded(content.decode("cp1252", errors="replace"), "Latin-1")


@dataclass(frozen=True)
class Cells:
    """``rows``: a column of text for each of the file, how many lines had ``other`` numbers of
    cells, and what is ``odd`` about the file, a phrase each: none of a file that the loop reads as
    it is.
    """

    rows: pl.DataFrame
    other: int = 0
    odd: tuple[str, ...] = ()


def split(text: str) -> Cells:
    """The cells of a CSV file of any dialect.

    Raises:
        InvalidInput: there is no header, or no row.
    """
    separator = _separator(text)
    first = [cells for cells, _ in zip(_lines(text, separator), range(_FIRST_LINES), strict=False)]
    if len(first) < 2:
        remedy = "Give a file with a header and at least one row"
        raise InvalidInput("The file holds no rows", remedy=remedy)
    usual = Counter(map(len, first)).most_common(1)[0][0]
    skipped = next(number for number, cells in enumerate(first) if len(cells) >= usual)
    header = first[skipped]
    _check_header(header, first[skipped + 1 :])
    odd = []
    if separator != ",":
        odd.append(f"cells are separated by {SEPARATORS[separator]}")
    if skipped:
        odd.append(f"{skipped} line{'s' * (skipped > 1)} before the header")
    places = [f"{number}" for number in range(len(header))]
    rows, other = _rows(text, separator, skipped, places)
    last = rows[places[-1]]
    if len(header) > 1 and not header[-1].strip() and (last.fill_null("") == "").all():
        odd.append("each line ends in a separator")
        header, rows = header[:-1], rows.drop(places[-1])
    names, renamed = tidy_names(header)
    odd += [f"the column {old!r} is called {new!r}" for old, new in renamed]
    return Cells(rows.rename(dict(zip(rows.columns, names, strict=True))), other, tuple(odd))


def _rows(
    text: str, separator: str, skipped: int, places: Sequence[str]
) -> tuple[pl.DataFrame, int]:
    """The rows after the header, and how many lines were none."""
    if not skipped:
        try:
            rows = pl.read_csv(
                text.encode(),
                separator=separator,
                infer_schema=False,
            )
            if rows.width == len(places):
                return rows.rename(dict(zip(rows.columns, places, strict=True))), 0
        except pl.exceptions.PolarsError:
            pass  # a line is longer or shorter: the exact way tells which
    lines, kept, other = _lines(text, separator), list[list[str]](), 0
    for number, cells in enumerate(lines):
        if number > skipped and len(cells) == len(places):
            kept.append(cells)
        elif number > skipped:
            other += 1
    columns = zip(*kept, strict=True) if kept else [[] for _ in places]
    named = zip(places, columns, strict=True)
    return pl.DataFrame([pl.Series(name, list(cells), pl.String) for name, cells in named]), other


def _check_header(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A first line of numbers, over rows of numbers, is a row."""

    def numbers(cells: Sequence[str]) -> int:
        return sum(bool(_NUMBER.fullmatch(cell.strip())) for cell in cells)

    if not any(cell.strip() for cell in header):
        raise InvalidInput("The header has no names", remedy="Name the columns in the first line")
    if numbers(header) > len(header) / 2 or (numbers(header) and _like(header, rows)):
        raise InvalidInput(
            f"The first line looks like a row, not like names: {', '.join(header[:5])} …",
            where={"line": 1},
            remedy="Write the names of the columns into the first line",
        )


def _like(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the line has its numbers exactly where all rows have theirs."""
    shapes = {tuple(bool(_NUMBER.fullmatch(cell.strip())) for cell in row) for row in rows}
    return shapes == {tuple(bool(_NUMBER.fullmatch(cell.strip())) for cell in header)}


def tidy_names(header: Sequence[str]) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Names that the loop takes: one for each column and none of the project's own; and those that
    had another, as ``(old, new)``.
    """
    bare = [cell.strip() or f"column_{number}" for number, cell in enumerate(header, 1)]
    taken, names, renamed = set(bare), list[str](), list[tuple[str, str]]()
    for name in bare:
        new = f"{name}_value" if name in RESERVED else name
        number = 2
        while new in names or (new != name and new in taken):
            new, number = f"{name}_{number}", number + 1
        names.append(new)
        if new != name:
            renamed.append((name, new))
    return tuple(names), renamed


def _separator(text: str) -> str:
    """The one that cuts most of the first lines into the same number of cells, and into more than
    one.
    """

    def merit(separator: str) -> tuple[float, int]:
        some = zip(_lines(text, separator), range(_FIRST_LINES), strict=False)
        lengths = [len(cells) for cells, _ in some]
        usual, often = Counter(lengths).most_common(1)[0] if lengths else (1, 0)
        return (often / len(lengths), usual) if usual > 1 else (0.0, 1)

    best = max(SEPARATORS, key=merit)
    return best if merit(best) > merit(",") else ","


def _lines(text: str, separator: str) -> Iterator[list[str]]:
    """The lines that hold something; one that is not CSV is a single cell."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = [""]
        if cells:
            yield cells
