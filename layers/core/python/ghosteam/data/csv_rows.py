"""CSV to record batches: every line that holds something is a row, or why it is none."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from ghosteam.data.dialect import csv_settings, header_names
from ghosteam.data.encodings import is_text
from ghosteam.data.frames import PART_CELLS, PART_CHARS, Malformed, frame_of
from ghosteam.data.lines import Lines
from ghosteam.documents.reading import Reading
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column

_MOST = 0.9
_AGAIN_CHARS = 64_000_000
"""So much text is read a second time, of a file whose quotes do not end."""


def read_csv(
    lines: Lines, part_rows: int, reading: Reading, columns: Mapping[str, Column] | None
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
    rows: list[Sequence[str | None]] = []
    malformed, first, lines.chars = Malformed(), 1, 0
    for cells, reason in records.rows(len(names)):
        if reason:
            malformed.add(first + len(rows), reason, "".join(lines.taken))
            rows.append([None] * len(names))
        else:
            rows.append(cells)
        if len(rows) == part_rows or lines.chars > PART_CHARS:
            yield _frame(names, rows, first, malformed, columns)
            first, rows, malformed, lines.chars = first + len(rows), [], Malformed(), 0
    if rows:
        yield _frame(names, rows, first, malformed, columns)


def _frame(
    names: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    first: int,
    malformed: Malformed,
    columns: Mapping[str, Column] | None,
) -> pl.DataFrame:
    cells = zip(*rows, strict=True)
    return frame_of(names, cells, first, len(rows), malformed.faults, declared=columns)


class _Records:
    """The records of a file; ``lines.taken`` is the text of the newest."""

    def __init__(self, lines: Lines, reading: Reading) -> None:
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

    def rows(self, width: int) -> Iterator[tuple[list[str], str]]:
        """The others: their cells, or why there are not ``width`` of them."""
        lines, trailing, broken = self._lines, self._reading.trailing, self._reading.broken_text
        while True:
            lines.begin()
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                reason = f"The line is not CSV: {error}"
                if self._holds_rows(width):
                    reason = f"A quoted cell that opens in the line does not end: {error}"
                yield [], reason
                continue
            if cells is None:
                return
            if not cells:
                continue
            if trailing and len(cells) == width + 1 and not cells[-1].strip():
                cells.pop()
            if len(cells) != width:
                told = f"The line has {len(cells)} cells, the header {width}"
                if self._holds_rows(width):
                    told = "A quoted cell that opens in the line does not end"
                yield [], told
            elif broken and not all(map(is_text, lines.taken)):
                yield [], f"The line is not {self._reading.encoding} text"
            else:
                yield cells, ""

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
