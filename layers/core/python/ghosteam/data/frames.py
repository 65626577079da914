"""Record batches: what reading a file gives, whatever its format."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import polars as pl

from ghosteam.errors import InvalidInput
from ghosteam.problem.reserved import BESIDE_CELLS

ROW, MALFORMED, MISFIT, UNCASTABLE, EXTRA = BESIDE_CELLS
PART_CHARS = 64_000_000
PART_CELLS = 4_000_000
"""A part ends before its rows are as many as they may be when it has so much text, or so many
cells.
"""


@dataclass
class Malformed:
    """Rows that could not be split into columns, by their number in the file: why, and their whole
    text.
    """

    faults: dict[int, str] = field(default_factory=dict)

    def add(self, row: int, reason: str, text: str) -> None:
        """Note one. Bytes that are no text are told as such."""
        told = text.rstrip("\r\n").encode("utf-8", "surrogateescape").decode(errors="replace")
        self.faults[row] = json.dumps({"reason": reason, "text": told})

    def forget(self, *, before: int) -> None:
        """Those of rows before this one."""
        self.faults = {row: told for row, told in self.faults.items() if row >= before}


def frame_of(
    names: Sequence[str],
    columns: Iterable[Iterable[str | None]],
    first: int,
    rows: int,
    malformed: Mapping[int, str] = MappingProxyType({}),
    misfits: Mapping[int, Mapping[str, str]] = MappingProxyType({}),
    *,
    declared: Collection[str] | None = None,
    extra: Sequence[str | None] | None = None,
) -> pl.DataFrame:
    """A record batch whose first row has the number ``first`` in the file. ``misfits``: by the
    row's place in the frame, from 0.

    Where it is known which columns are ``declared``, the others are the cells of ``_extra``, as
    JSON by column; or these texts are given as ``extra``.
    """
    check_names(names)
    numbers = range(first, first + rows)
    cells = [
        pl.Series(name, column, dtype=pl.String)
        for name, column in zip(names, columns, strict=True)
    ]
    kept = [one for one in cells if declared is None or one.name in declared]
    faults = {row - first: told for row, told in malformed.items() if row in numbers}
    beside = [
        sparse(MALFORMED, faults, rows),
        sparse(MISFIT, {row: json.dumps(told) for row, told in misfits.items()}, rows),
    ]
    if declared is not None:
        others = [one for one in cells if one.name not in declared]
        told = pl.Series(EXTRA, extra, dtype=pl.String) if extra else sparse(EXTRA, {}, rows)
        beside.append(as_json(others) if others else told)
    row = pl.int_range(first, first + rows, dtype=pl.Int64, eager=True).alias(ROW)
    return pl.DataFrame([row, *kept, *beside])


def sparse(name: str, texts: Mapping[int, str], rows: int) -> pl.Series:
    """A column of texts, by their places from 0; null elsewhere."""
    nulls = pl.repeat(None, rows, dtype=pl.String, eager=True).alias(name)
    return nulls.scatter([*texts], [*texts.values()]) if texts else nulls


def as_json(cells: Sequence[pl.Series]) -> pl.Series:
    """The cells of each row as a JSON object by column."""
    rows = pl.DataFrame(cells).to_struct(EXTRA).to_frame()
    return rows.select(pl.col(EXTRA).struct.json_encode()).to_series()


def check_names(names: Iterable[str]) -> None:
    """Raises InvalidInput for a column that would have a name of ours."""
    taken = next((name for name in names if name in BESIDE_CELLS), None)
    if taken is not None:
        raise InvalidInput(
            f"The column name {taken!r} is reserved",
            where={"column": taken},
            remedy="Rename the column",
        )
