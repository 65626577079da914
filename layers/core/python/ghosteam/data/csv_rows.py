"""CSV to record batches: every line that holds something is a row, or why it is none."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ghosteam.data.dialect import csv_settings, header_names
from ghosteam.data.encodings import is_text
from ghosteam.data.frames import PART_CELLS, PART_CHARS, Malformed, frame_of
from ghosteam.data.lines import Lines
from ghosteam.data.plain_lines import Block, Places, PlainRows
from ghosteam.documents.file_dialect import FileDialect
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column

_MOST = 0.9
_AGAIN_CHARS = 64_000_000
"""So much text is read a second time, of a file whose quotes do not end."""


def read_csv(
    lines: Lines, part_rows: int, reading: FileDialect, columns: Mapping[str, Column] | None
) -> Iterator[pl.DataFrame]:
    """The rows of a file, from its header on."""
    records = _Records(lines, reading)
    header = records.header()
    if header is None:
        return
    if reading.trailing and not header[-1].strip():
        header = header[:-1]
    names = header_names(header, columns)
    part_rows = max(1, min(part_rows, PART_CELLS // len(names)))
    waiting, chars, first, malformed = list[pl.DataFrame](), 0, 1, Malformed()
    rows, ended = 0, False
    while not ended:
        block = lines.block()
        ended = block is None
        if block is not None:
            found = records.rows(block, names)
            for place, (reason, text) in found.malformed.items():
                malformed.add(first + rows + place, reason, text)
            waiting.append(found.cells)
            rows, chars = rows + found.cells.height, chars + len(block.text)
        if rows < part_rows and chars <= PART_CHARS and not ended:
            continue
        cells = pl.concat(waiting) if waiting else pl.DataFrame()
        is_full = chars > PART_CHARS or ended
        while rows >= part_rows or (rows and is_full):
            part = cells.head(part_rows)
            yield frame_of(
                names, part.get_columns(), first, part.height, malformed.faults, declared=columns
            )
            cells, first, rows = cells[part.height :], first + part.height, rows - part.height
        waiting, chars = [cells] if rows else [], 0
        malformed.forget(before=first)


@dataclass(frozen=True)
class _Rows:
    """``malformed``: by the place of a row, from 0, why it has no cells, and its text."""

    cells: pl.DataFrame
    malformed: Mapping[int, tuple[str, str]]


class _Records:
    """The records of a file; ``lines.taken`` is the text of the newest."""

    def __init__(self, lines: Lines, reading: FileDialect) -> None:
        self._lines, self._reading = lines, reading
        self._settings = csv_settings(reading)
        self._reader = csv.reader(lines, strict=True, **self._settings)
        self._again_chars = 0

    def header(self) -> list[str] | None:
        """The first record; None where there is none."""
        try:
            return next((cells for cells in self._reader if cells), None)
        except csv.Error as error:
            raise InvalidInput(
                f"The header is not CSV: {error}",
                where={"line": self._reading.skipped + 1},
                remedy="Fix the quotes",
            ) from error

    def rows(self, block: Block, names: Sequence[str]) -> _Rows:
        """The rows that begin in a block: most lines are one each; where one is not, the csv module
        says what begins there, and how far it goes.
        """
        lines, width = self._lines, len(names)
        plain = PlainRows(block, self._reading, names)
        alone = plain.alone
        slow: list[tuple[int, list[str], str, str]] = []
        lines.place = 0
        for line in np.flatnonzero(~alone & (block.widths > 0)):
            if line < lines.place:
                continue
            lines.place = begin = int(line)
            while lines.place == begin or lines.are_read_again:
                if (found := self._row(width)) is not None:
                    slow.append((begin, *found, "".join(lines.taken)))
            alone[begin : lines.place] = False
        lines.place = len(block)
        places = np.flatnonzero(alone)
        cells = plain.cells()
        if cells.height != places.size:  # it passes over lines of blanks, say
            split = csv.reader((block.lines[place] for place in places), **self._settings)
            cells = _texts([row[:width] for row in split], names)
        return _merged(cells, places, slow, names)

    def _row(self, width: int) -> tuple[list[str], str] | None:
        """The next row: its cells, or why there are not ``width`` of them; None where there is no
        more, or nothing.
        """
        lines = self._lines
        lines.begin()
        try:
            cells = next(self._reader, None)
        except csv.Error as error:
            reason = f"The line is not CSV: {error}"
            if self._holds_rows(width):
                reason = f"A quoted cell that opens in the line does not end: {error}"
            return [], reason
        if not cells:
            return None
        if self._reading.trailing and len(cells) == width + 1 and not cells[-1].strip():
            cells.pop()
        if len(cells) != width:
            told = f"The line has {len(cells)} cells, the header {width}"
            if self._holds_rows(width):
                told = "A quoted cell that opens in the line does not end"
            return [], told
        if not all(line.isascii() or is_text(line) for line in lines.taken):
            return [], f"The line is not {self._reading.encoding} text"
        return cells, ""

    def _holds_rows(self, width: int) -> bool:
        """Whether the lines that the newest record goes on over are rows by themselves, swallowed
        by a quote that does not end. These are then read again. The last of several may have the
        quote that ended the record.
        """
        first, *others = self._lines.taken
        chars = sum(map(len, others))
        if not others or self._again_chars + chars > _AGAIN_CHARS:
            return False
        last = len(others) - 1
        own = sum(
            self._is_row(line, width, strict=not place or place < last)
            for place, line in enumerate(others)
        )
        if own < _MOST * len(others):
            return False
        self._again_chars += chars
        self._lines.again(others)
        self._lines.taken = [first]
        return True

    def _is_row(self, line: str, width: int, *, strict: bool) -> bool:
        try:
            cells = next(csv.reader([line], strict=strict, **self._settings), [])
        except csv.Error:
            return False
        quote = self._reading.quote
        has_quotes = strict and quote and any(quote in cell for cell in cells)
        return len(cells) == width and not has_quotes


def _merged(
    cells: pl.DataFrame,
    places: Places,
    slow: Sequence[tuple[int, list[str], str, str]],
    names: Sequence[str],
) -> _Rows:
    """The ``cells`` of lines at these ``places`` with the rows that begin at others, in the order
    of the file.
    """
    if not slow:
        return _Rows(cells, {})
    nothing = [None] * len(names)
    beside = _texts([nothing if reason else found for _, found, reason, _ in slow], names)
    begins = np.array([begin for begin, *_ in slow])
    order = np.argsort(np.concatenate([places, begins]), kind="stable")
    at = np.empty_like(order)
    at[order] = np.arange(order.size)
    malformed = {
        int(at[places.size + number]): (reason, text)
        for number, (_, _, reason, text) in enumerate(slow)
        if reason
    }
    return _Rows(pl.concat([cells, beside])[order], malformed)


def _texts(rows: Sequence[Sequence[str | None]], names: Sequence[str]) -> pl.DataFrame:
    columns = zip(names, zip(*rows, strict=True), strict=True)
    return pl.DataFrame([pl.Series(name, column, pl.String) for name, column in columns])
