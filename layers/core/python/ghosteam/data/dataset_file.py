"""A file of a data set: how it is read, and its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import polars as pl

from ghosteam.data.convert import check_columns, convert
from ghosteam.data.file_names import as_declared_names, columns_in_files
from ghosteam.data.formats import Format
from ghosteam.data.read import look, read_batches
from ghosteam.data.row_ids import RowIds
from ghosteam.documents.file_dialect import FileDialect
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column, Dataset


@dataclass(frozen=True)
class DatasetFile:
    """``part_rows``: so many rows are read at a time, at most. ``empty``: whether a file without
    rows is one, whatever the data set says.
    """

    path: Path
    file_format: Format
    dataset: Dataset
    part_rows: int
    empty: bool = False

    @cached_property
    def reading(self) -> FileDialect:
        """How it is read. Raises InvalidInput where that cannot be."""
        return look(self.path, self.file_format, self.dataset.files, self._columns)

    @property
    def is_empty(self) -> bool:
        """Whether it can be read and holds no rows."""
        try:
            return self._begun[0].is_empty()
        except InvalidInput:
            return False

    def cells(self) -> Iterator[pl.DataFrame]:
        """Its rows as text, see :mod:`ghosteam.data.read`, with the columns' own names. Raises
        InvalidInput as :meth:`parts`.
        """
        # What was begun to look into it is gone on with, once.
        first, others = self.__dict__.pop("_begun", None) or self._begin()
        return (as_declared_names(cells, self.dataset) for cells in chain([first], others))

    def parts(self, *, check: bool = True) -> Iterator[pl.DataFrame]:
        """Its rows, see :func:`ghosteam.data.convert.convert`. A file without rows that may be so
        is one part without rows.

        Raises:
            InvalidInput: it cannot be read, holds no rows and may not, or lacks a required column,
                where that is to be checked.
        """
        ids = RowIds.of(self.dataset)
        for number, cells in enumerate(self.cells()):
            if check and not number:
                check_columns(cells, self.dataset)
            part = convert(cells, self.dataset, self.reading)
            yield ids.filled(part) if ids else part

    @cached_property
    def _columns(self) -> Mapping[str, Column]:
        return columns_in_files(self.dataset)

    @cached_property
    def _begun(self) -> tuple[pl.DataFrame, Iterator[pl.DataFrame]]:
        return self._begin()

    def _begin(self) -> tuple[pl.DataFrame, Iterator[pl.DataFrame]]:
        """The first part, and an iterator over the others."""
        parts = read_batches(
            self.path,
            self.file_format,
            self.part_rows,
            texts={name for name, one in self._columns.items() if one.type == "string"},
            may_be_empty=self.empty or self.dataset.empty == "allowed",
            reading=self.reading,
            columns=self._columns,
        )
        return next(parts), parts
