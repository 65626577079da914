"""Files to record batches of text, in bounded memory.

Whatever the format, a record batch is a polars frame of text columns named as in the file, plus
``_row`` (Int64, the number of the data row in the file, from 1) and two texts of JSON that are null
where nothing is wrong: ``_malformed`` says why a row could not be split into columns, ``_misfit``
holds, by column, what a typed source has in a column of text and is no text. Types come later, in
:mod:`ghosteam.data.convert`, the same way for every format.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO, cast

import polars as pl

from ghosteam.data.cells import Cells
from ghosteam.data.formats import Format
from ghosteam.errors import InvalidInput

ROW = "_row"
MALFORMED = "_malformed"
MISFIT = "_misfit"
RESERVED = (ROW, MALFORMED, MISFIT, "_uncastable", "_extra")
MAX_LINE = 10_000_000


def read_batches(
    path: Path,
    file_format: Format,
    part_rows: int,
    *,
    texts: Container[str] = (),
    may_be_empty: bool = False,
) -> Iterator[pl.DataFrame]:
    """The rows of a file, at most ``part_rows`` at a time; a file without rows that may be so is
    one batch without rows. ``texts``: the columns that are declared as text.

    Raises:
        InvalidInput: the file cannot be read, or holds no rows and may not.
    """
    rows = 0
    if not path.stat().st_size:
        file_format = "jsonl"  # whatever it would be, it has no rows
    with _readable(file_format):
        for frame in _parts(path, file_format, part_rows, texts):
            rows += frame.height
            yield frame
    if rows:
        return
    if not may_be_empty:
        remedy = "Drop a file with a header and at least one row, or declare 'empty: allowed'"
        raise InvalidInput("The file holds no rows", remedy=remedy)
    yield _frame([], [], 1, 0, {})


def _parts(
    path: Path, file_format: Format, part_rows: int, texts: Container[str]
) -> Iterator[pl.DataFrame]:
    if file_format == "parquet":
        yield from _read_parquet(path, part_rows, texts)
        return
    opener = gzip.open if file_format.endswith(".gz") else open
    # newline="": the csv module must see line ends inside quoted cells; utf-8-sig drops a
    # byte-order mark.
    with cast(TextIO, opener(path, "rt", encoding="utf-8-sig", newline="")) as stream:
        lines = _Lines(stream)
        if file_format.startswith("csv"):
            yield from _read_csv(lines, part_rows)
        else:
            yield from _read_json_lines(lines, part_rows, texts)


@contextmanager
def _readable(file_format: Format) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "The file is not UTF-8 text",
            where={"bytes": error.object[error.start : error.end].hex(" ")},
            remedy="Save it as UTF-8, or give a compressed file the name .gz",
        ) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidInput(
            f"The file cannot be decompressed: {error}",
            remedy="It is cut off or is not gzip: make and drop it again",
        ) from error
    except pl.exceptions.PolarsError as error:
        raise InvalidInput(
            f"The file cannot be read as {file_format}: {error}",
            remedy="It is cut off or of another format: drop it again",
        ) from error


class _Lines:
    """Lines of a text file, each at most ``MAX_LINE`` characters; ``last`` is the newest, kept to
    be quoted in reasons.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        number = 0
        while line := self._stream.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
                raise InvalidInput(
                    f"A line is longer than {MAX_LINE} characters",
                    where={"line": number},
                    remedy="Check the line ends",
                )
            self.last = line
            yield line


def _read_csv(lines: _Lines, part_rows: int) -> Iterator[pl.DataFrame]:
    reader = csv.reader(lines, strict=True)
    try:
        cells = next((cells for cells in reader if cells), None)
        if cells is None:
            return
        header = _header(cells)
    except csv.Error as error:
        raise InvalidInput(
            f"The header is not CSV: {error}", where={"line": 1}, remedy="Fix the quotes"
        ) from error
    rows: list[Sequence[str | None]] = []
    malformed: dict[int, str] = {}
    first = 1
    while True:
        begin = reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if reader.line_num - begin > 1:
                raise InvalidInput(
                    f"A quoted cell does not end: {error}",
                    where={"line": begin + 1},
                    remedy="Close the quote that opens in that line",
                ) from error
            malformed[first + len(rows)] = _fault(f"The line is not CSV: {error}", lines.last)
            rows.append([None] * len(header))
        else:
            if cells is None:
                break
            if len(cells) == len(header):
                rows.append(cells)
            elif cells:
                reason = f"The line has {len(cells)} cells, the header {len(header)}"
                malformed[first + len(rows)] = _fault(reason, lines.last)
                rows.append([None] * len(header))
        if len(rows) == part_rows:
            yield _frame(header, zip(*rows, strict=True), first, len(rows), malformed)
            first, rows, malformed = first + len(rows), [], {}
    if rows:
        yield _frame(header, zip(*rows, strict=True), first, len(rows), malformed)


def _header(cells: Sequence[str]) -> list[str]:
    if not any(cell.strip() for cell in cells):
        raise InvalidInput("The header has no names", remedy="Name the columns in the first line")
    # A column without a name is what R and pandas write for row numbers.
    names = [cell.strip() or f"column_{number}" for number, cell in enumerate(cells, 1)]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidInput(
            f"The header names {', '.join(repeated)} more than once",
            where={"line": 1},
            remedy="Rename or drop one of them",
        )
    return names


def _read_json_lines(
    lines: _Lines, part_rows: int, texts: Container[str]
) -> Iterator[pl.DataFrame]:
    records: list[dict[str, Any]] = []
    malformed: dict[int, str] = {}
    first = 1

    def frame() -> pl.DataFrame:
        cells = Cells(list(dict.fromkeys(name for record in records for name in record)))
        for name in cells.names:
            cells.add(name, (record.get(name) for record in records), is_text=name in texts)
        return _frame(cells.names, cells.columns, first, len(records), malformed, cells.misfits)

    for line in lines:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if "\\u" in line:
                json.dumps(
                    record, ensure_ascii=False
                ).encode()  # half a surrogate pair cannot be stored
            if not isinstance(record, dict):
                raise ValueError("it holds no object")
        except (ValueError, RecursionError) as error:
            malformed[first + len(records)] = _fault(
                f"The line is not a JSON object: {error}", line
            )
            record = {}
        records.append(record)
        if len(records) == part_rows:
            yield frame()
            first, records, malformed = first + len(records), [], {}
    if records:
        yield frame()


def _read_parquet(path: Path, part_rows: int, texts: Container[str]) -> Iterator[pl.DataFrame]:
    source = pl.scan_parquet(path, glob=False)
    rows = source.select(pl.len()).collect().item()
    for offset in range(0, rows, part_rows):
        part = source.slice(offset, part_rows).collect()
        cells = Cells(part.columns)
        for name in part.columns:
            cells.add_series(part[name], is_text=name in texts)
        yield _frame(part.columns, cells.columns, offset + 1, part.height, {}, cells.misfits)


def _fault(reason: str, text: str) -> str:
    return json.dumps({"reason": reason, "text": text.rstrip("\r\n")})


def _frame(
    names: Sequence[str],
    columns: Iterable[Iterable[str | None]],
    first: int,
    rows: int,
    malformed: dict[int, str],
    misfits: Mapping[int, Mapping[str, str]] = MappingProxyType({}),
) -> pl.DataFrame:
    """``misfits``: by the row's place in the frame, from 0."""
    taken = [name for name in names if name in RESERVED]
    if taken:
        raise InvalidInput(
            f"The column name {taken[0]!r} is reserved",
            where={"column": taken[0]},
            remedy="Rename the column",
        )
    numbers = range(first, first + rows)
    return pl.DataFrame(
        [
            pl.Series(ROW, numbers, dtype=pl.Int64),
            *(
                pl.Series(name, column, dtype=pl.String)
                for name, column in zip(names, columns, strict=True)
            ),
            pl.Series(MALFORMED, [malformed.get(number) for number in numbers], dtype=pl.String),
            pl.Series(
                MISFIT,
                [json.dumps(misfits[i]) if i in misfits else None for i in range(rows)],
                dtype=pl.String,
            ),
        ]
    )
