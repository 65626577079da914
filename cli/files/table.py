"""A file of any form as a table of text."""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cli.files.dialect import Cells, decoded, split, tidy_names
from cli.files.workbook import read_workbook
from ghosteam.data.faults import faults_of_content
from ghosteam.data.formats import format_of
from ghosteam.data.markers import marker_reason
from ghosteam.data.read import RESERVED, read_batches
from ghosteam.errors import InvalidInput

_PART_ROWS = 100_000
_TEXT = (".csv", ".tsv", ".txt", ".data")
_EXCEL = (".xlsx", ".xls", ".xlsb", ".ods")
KNOWN = (*_TEXT, ".json", ".jsonl", ".ndjson", ".parquet", *_EXCEL)


@dataclass(frozen=True)
class Table:
    """``rows``: a column of text for each of the file; ``odd``: what the loop would not read as it
    stands there, a phrase each; ``other``: lines that are no rows.
    """

    path: Path
    rows: pl.DataFrame
    odd: tuple[str, ...] = ()
    other: int = 0

    @property
    def name(self) -> str:
        """The file's name without its endings."""
        return self.path.name.split(".")[0]


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files that are named, and those with data in the folders that are.

    Raises:
        InvalidInput: there is none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file())
            found += [one for one in inside if _holds_data(one.relative_to(path))]
        elif path.is_file():
            found.append(path)
        else:
            raise InvalidInput("There is no such file", where={"file": path})
    if not found:
        folders = ", ".join(str(path) for path in paths)
        remedy = f"Their names end in one of {', '.join(KNOWN)}, each perhaps with .gz or .zip"
        raise InvalidInput("There are no files of data", where={"folder": folders}, remedy=remedy)
    return found


def read_table(path: Path) -> Table:
    """The rows of a file.

    Raises:
        InvalidInput: it holds none, or is of no known format; it names the file.
    """
    try:
        with faults_of_content("Reading the file", file=path.name):
            cells = _cells(path)
    except InvalidInput as error:
        where = {"file": path.name, **error.where}
        raise InvalidInput(error.message, where=where, remedy=error.remedy) from error
    if not cells.rows.height:
        remedy = "Give a file with at least one row"
        raise InvalidInput("The file holds no rows", where={"file": path.name}, remedy=remedy)
    return Table(path, cells.rows, cells.odd, cells.other)


def _holds_data(path: Path) -> bool:
    return _ending(path.name) in KNOWN and marker_reason(f"problem/dataset/{path}") is None


def _ending(name: str) -> str:
    lower = name.lower()
    for packed in (".gz", ".zip"):
        lower = lower.removesuffix(packed)
    return Path(lower).suffix


def _cells(path: Path) -> Cells:
    ending = _ending(path.name)
    if ending in _EXCEL:
        return read_workbook(path)
    if ending not in KNOWN:
        format_of(path.name)  # says which names it knows
    if ending in (".parquet", ".jsonl", ".ndjson") and not path.name.lower().endswith(".zip"):
        return _typed(path)
    content, odd = _unpacked(path)
    text = decoded(content)
    if text.encoding:
        odd = (*odd, f"its encoding is {text.encoding}")
    if ending in (".json", ".jsonl", ".ndjson"):
        cells = _objects(text.text)
    else:
        cells = split(text.text)
        if ending != ".csv":
            odd = (*odd, f"its name ends in {ending}")
    return Cells(cells.rows, cells.other, (*odd, *cells.odd))


def _unpacked(path: Path) -> tuple[bytes, tuple[str, ...]]:
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        named = path.name.lower().endswith(".gz")
        try:
            return gzip.decompress(content), () if named else ("it is packed with gzip",)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInput(f"The file cannot be unpacked: {error}") from error
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if len(names) != 1:
                remedy = "Unpack it, and name the files or their folder"
                raise InvalidInput(f"The archive holds {len(names)} files, not one", remedy=remedy)
            return archive.read(names[0]), ("it is a zip archive",)
    return content, ()


def _typed(path: Path) -> Cells:
    """Parquet and JSON lines, as the loop reads them."""
    parts = [
        part.drop(RESERVED, strict=False)
        for part in read_batches(path, format_of(path.name), _PART_ROWS)
    ]
    return _named(pl.concat(parts, how="diagonal"))


def _objects(text: str) -> Cells:
    """A JSON document that is a list of objects, or JSON lines under another name."""
    try:
        document = json.loads(text)
    except ValueError:
        try:
            document = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise InvalidInput(f"The file is not JSON: {error}") from error
        odd: tuple[str, ...] = ("its name should end in .jsonl",)
    else:
        odd = ("it is one JSON document",)
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise InvalidInput(
            "The JSON document is no list of objects", remedy="Write one object a line"
        )
    names = list(dict.fromkeys(name for row in document for name in row))
    columns = [pl.Series(name, [_text(row.get(name)) for row in document]) for name in names]
    cells = _named(pl.DataFrame([column.cast(pl.String) for column in columns]))
    return Cells(cells.rows, 0, (*odd, *cells.odd))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _named(rows: pl.DataFrame) -> Cells:
    names, renamed = tidy_names(rows.columns)
    odd = tuple(f"the column {old!r} is called {new!r}" for old, new in renamed)
    return Cells(rows.rename(dict(zip(rows.columns, names, strict=True))), 0, odd)
