"""A sheet of a workbook as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ghosteam.errors import InvalidInput

_FIRST_ROWS = 200


@dataclass(frozen=True)
class Sheet:
    """The sheet ``name`` as CSV, from its header on; ``skipped`` lines stand before it."""

    name: str
    csv: bytes
    skipped: int


def filled_sheet(path: Path) -> Sheet:
    """The one sheet of a workbook that holds rows. Rows and columns without any cell are left out.

    Raises:
        InvalidInput: the file is no workbook, or none or several of its sheets hold rows.
    """
    import fastexcel  # few files need it

    try:
        book = fastexcel.read_excel(path)
        sheets = {
            name: _filled(book.load_sheet(name, header_row=None, dtypes="string").to_polars())
            for name in book.sheet_names
        }
    except fastexcel.FastExcelError as error:
        remedy = "Open it and save it again, without a password, or save its sheet as CSV"
        raise InvalidInput(f"The workbook cannot be read: {error}", remedy=remedy) from error
    filled = {name: rows for name, rows in sheets.items() if rows.height}
    if len(filled) != 1:
        told = f"{len(filled)} sheets hold rows{': ' * bool(filled)}{', '.join(filled)}"
        raise InvalidInput(told, remedy="Save the sheet that is meant as CSV, or as its own file")
    [(name, rows)] = filled.items()
    skipped = _before_header(rows)
    return Sheet(name, rows[skipped:].write_csv(include_header=False).encode(), skipped)


def _filled(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows and columns that hold something, as text."""
    rows = rows.select(pl.all().cast(pl.String))
    columns = [column.name for column in rows if column.null_count() < rows.height]
    if not columns:
        return rows.clear()
    return rows.select(columns).filter(pl.any_horizontal(pl.all().is_not_null()))


def _before_header(rows: pl.DataFrame) -> int:
    """How many rows stand before the first one that names more than half of the columns."""
    for number, cells in enumerate(rows.head(_FIRST_ROWS).iter_rows()):
        if sum(cell is not None for cell in cells) * 2 > len(cells):
            return number
    raise InvalidInput("The sheet has no header", remedy="Name the columns in its first row")
