"""A file of any form as a table of text, read as the loop reads it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from cli.files.encoding import undeclared_encoding
from cli.files.header import header_of
from cli.files.landing import LandingFile, landing_of
from cli.files.nested import Fields, fields_of_lines, fields_of_parquet
from ghosteam.data.compression import unpacked
from ghosteam.data.faults import faults_of_content
from ghosteam.data.frames import EXTRA, MALFORMED
from ghosteam.data.read import look, read_batches
from ghosteam.documents.file_dialect import FileDialect
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column
from ghosteam.problem.files import Files
from ghosteam.problem.reserved import BESIDE_CELLS

_PART_ROWS = 100_000
_FIRST_LINES = 200


@dataclass(frozen=True)
class Table:
    """``rows``: a column of text for each of the file that has a name of its own, and as ``_extra``
    the cells of the others; ``malformed``: how many lines are no rows; ``reading``: how they were
    read; ``encoding``: what the file does not show and has to be declared; ``lists``: fields that
    are no columns, because they hold lists or objects of any names.
    """

    landing: LandingFile
    rows: pl.DataFrame
    reading: FileDialect
    malformed: int = 0
    encoding: str | None = None
    lists: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The file."""
        return self.landing.source

    @property
    def name(self) -> str:
        """The file's name without its endings."""
        return self.path.name.split(".")[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(name for name in self.rows.columns if name != EXTRA)


def read_table(path: Path, scratch: Path) -> Table:
    """The rows of a file. ``scratch``: a folder for one that the loop does not read at all.

    Raises:
        InvalidInput: it holds none, or is of no known format; it names the file.
    """
    landing = landing_of(path, scratch)
    try:
        with faults_of_content("Reading the file", file=path.name):
            return _table(landing)
    except InvalidInput as error:
        where = {"file": path.name, **error.where}
        raise InvalidInput(error.message, where=where, remedy=error.remedy) from error


def _table(landing: LandingFile) -> Table:
    files = _files(landing)
    reading = look(landing.path, landing.file_format, files)
    columns: dict[str, Column] | None = None
    lists: tuple[str, ...] = ()
    if reading.base == "csv":
        names = header_of(list(_lines(landing.path, reading, _FIRST_LINES)))
        # Only where all of them stand in one line is it the header.
        columns = dict.fromkeys(names, Column(type="string"))
        reading = look(landing.path, landing.file_format, files, columns)
    elif (fields := _fields(landing, reading)).is_nested:
        lists = tuple(fields.others)
        # Of any type: what a file with types says is taken as it is.
        columns = dict.fromkeys(fields.columns, Column(type="number"))
    parts, malformed = list[pl.DataFrame](), 0
    for part in read_batches(
        landing.path, landing.file_format, _PART_ROWS, reading=reading, columns=columns
    ):
        good = part.filter(part[MALFORMED].is_null())
        malformed += part.height - good.height
        parts.append(good.drop([name for name in BESIDE_CELLS if name != EXTRA], strict=False))
    rows = pl.concat(parts, how="diagonal")
    if not rows.height:
        remedy = "Give a file with at least one row"
        raise InvalidInput("The file holds no rows", remedy=remedy)
    return Table(landing, rows, reading, malformed, files.encoding, lists)


def _fields(landing: LandingFile, reading: FileDialect) -> Fields:
    if landing.file_format == "parquet":
        return fields_of_parquet(landing.path)
    found = fields_of_lines(_lines(landing.path, reading, _FIRST_LINES))
    return fields_of_lines(_lines(landing.path, reading)) if found.is_nested else found


def _files(landing: LandingFile) -> Files:
    """What has to be declared so that the file can be read at all."""
    if landing.file_format == "parquet":
        return Files()
    return Files(encoding=undeclared_encoding(landing.path))


def _lines(path: Path, reading: FileDialect, most: int | None = None) -> Iterator[str]:
    """The lines of a text, or the first of them."""
    with unpacked(path, reading.compression) as stream:
        text = io.TextIOWrapper(
            stream, encoding=reading.encoding or "utf-8", errors="replace", newline=""
        )
        yield from islice(text, most)
