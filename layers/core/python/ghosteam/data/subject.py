"""Whose rows are to be erased: the values of the columns that name an entity, and where they are
found in rows, records and texts.

A number is found however it is written (``42``, ``42.0``), a text without the blanks around it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ghosteam.data.frames import EXTRA, MALFORMED, UNCASTABLE
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem

_TELLING = 6
"""A value of so many characters says whom a text is about; a shorter one only beside its column."""
_DIGITS = 32
_RECORDS = ("event", "features", "values")
"""Where records of the log and of the quarantine keep the columns of a row."""


@dataclass(frozen=True)
class Subject:
    """An entity of a problem: the text of each column that names it; ``numbers``: which of them
    are numbers.
    """

    problem: str
    values: Mapping[str, str]
    numbers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, problem: Problem, values: Mapping[str, str]) -> Subject:
        """Raises InvalidInput for a column that no data set has or that names nothing."""
        if not values:
            raise InvalidInput("No entity is named", remedy="Say --entity <column>=<value>")
        numbers = set()
        for name, value in values.items():
            found = [one.columns[name] for one in problem.datasets.values() if name in one.columns]
            types = {column.type for column in found}
            if not types or types & {"timestamp", "boolean"} or not value.strip():
                known = {
                    column
                    for dataset in problem.datasets.values()
                    for column, told in dataset.columns.items()
                    if told.type in ("string", "integer", "number")
                }
                raise InvalidInput(
                    f"{name!r} names no entity of {problem.problem!r}, or its value is empty",
                    where={"column": name},
                    remedy=f"Name a column with texts or numbers: {', '.join(sorted(known))}",
                )
            if "string" not in types:
                if _number(value) is None:
                    raise InvalidInput(
                        f"{name!r} is a number, and its value is none",
                        where={"column": name},
                        remedy="Give the value as the data have it",
                    )
                numbers.add(name)
        stripped = {name: values[name].strip() for name in sorted(values)}
        return cls(problem.problem, stripped, frozenset(numbers))

    @property
    def identity(self) -> str:
        """A digest that is the same whenever this entity is named."""
        same = {
            name: repr(_number(value)) if name in self.numbers else value
            for name, value in self.values.items()
        }
        text = json.dumps([self.problem, same], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]

    def rows(self, frame: pl.DataFrame) -> pl.Series:
        """Which rows of a frame are the entity's (Boolean). The columns stand in it, or in one of
        its structs of a record, or among the cells that could not be read.
        """
        found = pl.Series([True] * frame.height, dtype=pl.Boolean)
        for name in self.values:
            found &= self._column(frame, name)
        if MALFORMED in frame.columns:
            for index in frame[MALFORMED].is_not_null().arg_true():
                found[index] = self.is_in_line(json.loads(frame[MALFORMED][index])["text"])
        return found

    def is_record(self, record: Mapping[str, object]) -> bool:
        """Whether a JSON object is a row of the entity, or holds the columns of one."""
        if all(name in record and self._is(name, record[name]) for name in self.values):
            return True
        return any(
            isinstance(within := record.get(part), Mapping) and self.is_record(within)
            for part in _RECORDS
        )

    def is_in_line(self, line: str) -> bool:
        """Whether a line that could not be split into cells has all values, as whole words."""
        return all(_word(value).search(line) for value in self.values.values())

    def is_in_text(self, text: str) -> bool:
        """Whether a text is about the entity: it has all values, a short one beside the name of its
        column.
        """
        return all(self._telling(name, value).search(text) for name, value in self.values.items())

    def without(self, document: Any, *, within: tuple[str, ...] = ()) -> tuple[int, Any]:
        """A JSON document without what is about the entity: how many elements of lists were
        taken out, and the document. A text that names the entity says ``(erased)`` in its place.
        """
        if isinstance(document, Mapping):
            parts = {
                name: self.without(value, within=(*within, name))
                for name, value in document.items()
                if not self._is_counted(name, value, within)
            }
            gone = len(document) - len(parts) + sum(n for n, _ in parts.values())
            return gone, {name: part for name, (_, part) in parts.items()}
        if isinstance(document, list):
            kept = [one for one in document if not self._concerns(one)]
            parts_of = [self.without(one, within=within) for one in kept]
            gone = len(document) - len(kept) + sum(n for n, _ in parts_of)
            return gone, [part for _, part in parts_of]
        if isinstance(document, str) and self.is_in_text(document):
            for name, value in self.values.items():
                document = self._telling(name, value).sub("(erased)", document)
            return 1, document
        return 0, document

    def _is_counted(self, key: str, value: object, within: tuple[str, ...]) -> bool:
        """Whether a key of a document is the entity itself: a value whose rows are counted under
        its column's name, as in references, or ``<column>=<value>``, as slices are called.
        """
        if len(self.values) > 1:
            return False
        [name] = self.values
        column, _, sliced = key.partition("=")
        counted = name in within and isinstance(value, int | float) and self._is(name, key)
        return counted or (column == name and self._is(name, sliced))

    def _concerns(self, value: object) -> bool:
        if isinstance(value, Mapping):
            return self.is_record(value) or any(map(self._concerns, value.values()))
        return False

    def _column(self, frame: pl.DataFrame, name: str) -> pl.Series:
        found = pl.Series([False] * frame.height, dtype=pl.Boolean)
        for cells in _columns_of(frame, name):
            found |= self._cells(cells, name)
        for part in (EXTRA, UNCASTABLE):
            if part in frame.columns:
                for index in frame[part].is_not_null().arg_true():
                    cells_there = json.loads(frame[part][index])
                    if name in cells_there and self._is(name, cells_there[name]):
                        found[index] = True
        return found

    def _cells(self, cells: pl.Series, name: str) -> pl.Series:
        if cells.dtype.is_numeric():
            number = _number(self.values[name])
            if number is None:
                return pl.Series([False] * cells.len(), dtype=pl.Boolean)
            return (cells == number).fill_null(False)
        text = cells.cast(pl.String, strict=False).str.strip_chars()
        found = (text == self.values[name]).fill_null(False)
        if name in self.numbers:
            number = _number(self.values[name])
            whole = text.cast(pl.Int64, strict=False)
            other = text.set(whole.is_not_null(), None).cast(pl.Float64, strict=False)
            found |= (whole == number).fill_null(False) | (other == number).fill_null(False)
        return found

    def _is(self, name: str, cell: object) -> bool:
        if cell is None or isinstance(cell, Mapping | list):
            return False
        if str(cell).strip() == self.values[name]:
            return True
        number = _number(self.values[name])
        numeric = name in self.numbers or isinstance(cell, int | float)
        return numeric and number is not None and _number(str(cell)) == number

    def _telling(self, name: str, value: str) -> re.Pattern[str]:
        if len(value) >= _TELLING:
            return _word(value)
        return re.compile(rf"\b{re.escape(name)}\b[\"'\s:=]{{1,4}}{_word(value).pattern}")


def _word(value: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){re.escape(value)}(?:\.0+)?(?![\w])")


def _number(text: str) -> int | float | None:
    """A number, whole where it is; None for other text."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def _columns_of(frame: pl.DataFrame, name: str) -> Iterator[pl.Series]:
    """The column ``name``, or else that of each record that holds one."""
    if name in frame.columns:
        yield frame[name]
        return
    for part in _RECORDS:
        record = frame.schema.get(part)
        if isinstance(record, pl.Struct) and name in {field.name for field in record.fields}:
            yield frame[part].struct.field(name)
