"""Files to record batches of text, in bounded memory.

Whatever the format, a record batch is a polars frame of text columns named as in the file, plus
``_row`` (Int64, the number of the data row in the file, from 1) and two texts of JSON that are null
where nothing is wrong: ``_malformed`` says why a row could not be split into columns, ``_misfit``
holds, by column, what a typed source has in a column of text and is no text. Where it is known
which columns are declared, ``_extra`` has the others. Types come later, in
:mod:`ghosteam.data.convert`, the same way for every format.
"""

from __future__ import annotations

import io
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import polars as pl

from ghosteam.data.compression import compression_of, member_of, unpacked
from ghosteam.data.csv_rows import read_csv
from ghosteam.data.dialect import dialect_of
from ghosteam.data.encodings import encoding_of
from ghosteam.data.faults import faults_of_content
from ghosteam.data.formats import Format, base_of
from ghosteam.data.frames import EXTRA, MALFORMED, MISFIT, ROW, frame_of
from ghosteam.data.json_rows import read_json_lines
from ghosteam.data.lines import MAX_LINE, Lines
from ghosteam.data.parquet_rows import read_parquet
from ghosteam.documents.file_dialect import Base, FileDialect
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column
from ghosteam.problem.files import Files

__all__ = ["EXTRA", "MALFORMED", "MAX_LINE", "MISFIT", "ROW", "look", "read_batches"]
_SAMPLE_LINES = 1000
_SAMPLE_CHARS = 1_000_000


def look(
    path: Path,
    file_format: Format,
    files: Files | None = None,
    columns: Mapping[str, Column] | None = None,
) -> FileDialect:
    """How a file is to be read. ``files``: what is declared of it; ``columns``: those that are
    declared, where that is known. Its text is gone through once.

    Raises:
        InvalidInput: it cannot be read.
    """
    if not path.stat().st_size:
        return FileDialect("jsonl", encoding="utf-8")  # whatever it would be, it has no rows
    files = files or Files()
    with faults_of_content("Reading the file"):
        base, compression = _base(path, file_format), compression_of(path)
        if base == "parquet":
            return FileDialect(base)
        reading = FileDialect(base, compression, files.encoding)
        if files.encoding is None:
            with unpacked(path, compression) as stream:
                found = encoding_of(stream)
            reading = replace(reading, encoding=found.encoding, broken_text=found.broken)
            if found.encoding not in ("utf-8", "utf-8-sig"):
                reading = replace(reading, detected=("encoding",))
        if base != "csv":
            return reading
        with _text(path, reading) as text:
            lines, chars = list[str](), 0
            for line in Lines(text):
                lines.append(line)
                chars += len(line)
                if len(lines) == _SAMPLE_LINES or chars > _SAMPLE_CHARS:
                    break
        return dialect_of(lines, files, columns, reading)


def read_batches(
    path: Path,
    file_format: Format,
    part_rows: int,
    *,
    texts: Container[str] = (),
    may_be_empty: bool = False,
    reading: FileDialect | None = None,
    columns: Mapping[str, Column] | None = None,
) -> Iterator[pl.DataFrame]:
    """The rows of a file, at most ``part_rows`` at a time; a file without rows that may be so is
    one batch without rows. ``texts``: the columns that are declared as text. ``reading``: what was
    found when somebody looked at it. ``columns``: those that are declared, where that is known.

    Raises:
        InvalidInput: the file cannot be read, or holds no rows and may not.
    """
    rows = 0
    with faults_of_content("Reading the file"):
        reading = reading or look(path, file_format, None, columns)
        for frame in _parts(path, reading, part_rows, texts, columns):
            rows += frame.height
            yield frame
    if rows:
        return
    if not may_be_empty:
        remedy = "Drop a file with a header and at least one row, or declare 'empty: allowed'"
        raise InvalidInput("The file holds no rows", remedy=remedy)
    yield frame_of([], [], 1, 0)


def _parts(
    path: Path,
    reading: FileDialect,
    part_rows: int,
    texts: Container[str],
    columns: Mapping[str, Column] | None,
) -> Iterator[pl.DataFrame]:
    if reading.base == "parquet":
        with _parquet_faults():
            yield from read_parquet(path, part_rows, texts, columns)
        return
    with _text(path, reading) as stream:
        lines = Lines(stream, reading.skipped)
        if reading.base == "csv":
            yield from read_csv(lines, part_rows, reading, columns)
        else:
            yield from read_json_lines(lines, part_rows, texts, columns, encoding=reading.encoding)


def _base(path: Path, file_format: Format) -> Base:
    if file_format == "parquet":
        return "parquet"
    if file_format != "zip":
        return "csv" if file_format.startswith("csv") else "jsonl"
    member = member_of(path)
    base = base_of(member)
    if base is None or base == "parquet":
        raise InvalidInput(
            f"The archive holds {member}, which is no CSV and no JSON lines",
            remedy="Name the file in it .csv or .jsonl; drop other formats unpacked",
        )
    return base


@contextmanager
def _text(path: Path, reading: FileDialect) -> Iterator[TextIO]:
    """The text of a file. Line ends stay: the csv module must see those inside quoted cells."""
    try:
        with unpacked(path, reading.compression) as stream:
            yield io.TextIOWrapper(
                stream,
                encoding=reading.encoding or "utf-8",
                errors="surrogateescape" if reading.broken_text else "strict",
                newline="",
            )
    except UnicodeError as error:
        where: dict[str, object] = {}
        if isinstance(error, UnicodeDecodeError):
            where = {"bytes": error.object[error.start : error.end].hex(" ")}
        raise InvalidInput(
            f"The file is not {reading.encoding} text",
            where=where,
            remedy="Save it as UTF-8, or declare how it is written: 'files: {encoding: …}'",
        ) from error


@contextmanager
def _parquet_faults() -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InvalidInput(
            f"The file cannot be read as parquet: {error}",
            remedy="It is cut off or of another format: drop it again",
        ) from error
