"""Where the header of a CSV file stands and what separates its cells, where no names are declared
to know it by: what most of the first lines have in common.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ghosteam.data.dialect import SEPARATORS, header_names, is_trailing
from ghosteam.errors import InvalidInput

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_SEVERAL = 3


def header_of(lines: Sequence[str]) -> tuple[str, ...]:
    """The names in the header of a file that begins with these ``lines``, each once; those that
    come twice are not among them.

    Raises:
        InvalidInput: there is no header, or no row.
    """
    separator = _separator(lines)
    records = list(_records(lines, separator))
    if len(records) < 2:
        remedy = "Give a file with a header and at least one row"
        raise InvalidInput("The file holds no rows", remedy=remedy)
    usual = Counter(map(len, records)).most_common(1)[0][0]
    place = _place(records, usual)
    if _in_single_quotes(records[place]):
        records = list(_records(lines, separator, quote="'"))
    header, rows = records[place], records[place + 1 :]
    _check_header(header, rows)
    if is_trailing(header, rows) and not header[-1].strip():
        header = header[:-1]
    counts = Counter(cell.strip() for cell in header)
    names = header_names(header, None)
    return tuple(
        name
        for name, cell in zip(names, header, strict=True)
        if counts[cell.strip()] == 1 or not cell.strip()
    )


def _place(records: Sequence[Sequence[str]], usual: int) -> int:
    """The first line that is as long as most, and that names more than half of the columns where
    one does: programs pad what stands before the header with empty cells.
    """
    long = [number for number, cells in enumerate(records) if len(cells) >= usual]
    filled = (
        number for number in long if sum(bool(cell.strip()) for cell in records[number]) * 2 > usual
    )
    return next(filled, long[0])


def _in_single_quotes(header: Sequence[str]) -> bool:
    """Whether each name stands in some."""
    return all(re.fullmatch("'.*'", cell.strip()) for cell in header if cell.strip())


def _check_header(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A first line of numbers, over rows of numbers, is a row; but not where these are the years,
    say, that columns are of.
    """

    def numbers(cells: Sequence[str]) -> int:
        return sum(bool(_NUMBER.fullmatch(cell.strip())) for cell in cells)

    if _counts_up(header) and sum(map(_counts_up, rows)) * 2 < len(rows):
        return
    if numbers(header) > len(header) / 2 or (numbers(header) and _like(header, rows)):
        raise InvalidInput(
            f"The first line looks like a row, not like names: {', '.join(header[:5])} …",
            where={"line": 1},
            remedy="Write the names of the columns into the first line",
        )


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether there are several numbers, which are whole and ascend."""
    found = [cell.strip() for cell in cells if _NUMBER.fullmatch(cell.strip())]
    if len(found) < _SEVERAL or not all(one.isdecimal() for one in found):
        return False
    return all(int(one) < int(other) for one, other in pairwise(found))


def _like(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the line has its numbers exactly where all rows have theirs."""
    shapes = {tuple(bool(_NUMBER.fullmatch(cell.strip())) for cell in row) for row in rows}
    return shapes == {tuple(bool(_NUMBER.fullmatch(cell.strip())) for cell in header)}


def _separator(lines: Sequence[str]) -> str:
    """The one that cuts most of the first lines into the same number of cells, and into more than
    one.
    """

    def merit(separator: str) -> tuple[float, int]:
        lengths = [len(cells) for cells in _records(lines, separator)]
        usual, often = Counter(lengths).most_common(1)[0] if lengths else (1, 0)
        return (often / len(lengths), usual) if usual > 1 else (0.0, 1)

    best = max(SEPARATORS, key=merit)
    return best if merit(best) > merit(",") else ","


def _records(lines: Sequence[str], separator: str, *, quote: str = '"') -> Iterator[list[str]]:
    """The lines that hold something; one that is not CSV is a single cell."""
    reader = csv.reader(lines, delimiter=separator, quotechar=quote, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = [""]
        if cells:
            yield cells
