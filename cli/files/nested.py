"""What stands inside of objects and lists in files whose rows have a structure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

_MOST_FIELDS = 200
"""An object with more names than these has data for names."""


@dataclass
class Fields:
    """``single``: fields of a row with one value, those of objects by their path, as ``user.city``;
    ``others``: fields that hold lists, or objects of any number of names.
    """

    single: dict[str, None] = field(default_factory=dict)
    others: dict[str, None] = field(default_factory=dict)
    _inside: dict[str, dict[str, None]] = field(default_factory=dict)

    @property
    def is_nested(self) -> bool:
        """Whether a row is more than a row of cells."""
        return bool(self.others or self._inside)

    @property
    def columns(self) -> list[str]:
        """The fields that can be columns."""
        wide = [f"{path}." for path in self.others]
        return [
            name
            for name in self.single
            if name not in self.others and not any(map(name.startswith, wide))
        ]

    def add(self, record: Mapping[str, object], path: str = "") -> None:
        """Look at one row, or at an object in it."""
        for name, value in record.items():
            place = f"{path}{name}"
            if isinstance(value, dict):
                names = self._inside.setdefault(place, {})
                names.update(dict.fromkeys(value))
                if len(names) > _MOST_FIELDS:
                    self.others[place] = None
                elif place not in self.others:
                    self.add(value, f"{place}.")
            elif isinstance(value, list):
                self.others[place] = None
            else:
                self.single[place] = None


def fields_of_lines(lines: Iterable[str]) -> Fields:
    """The fields of JSON lines; those that cannot be read are passed over."""
    found = Fields()
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            found.add(record)
    return found


def fields_of_parquet(path: Path) -> Fields:
    """The fields of a Parquet file, by its schema."""
    found = Fields()
    found.add(_shape(pl.scan_parquet(path, glob=False).collect_schema()))
    return found


def _shape(schema: Mapping[str, pl.DataType]) -> dict[str, object]:
    """A row of the schema as JSON would have it, with nulls for values."""
    return {name: _example(kind) for name, kind in schema.items()}


def _example(kind: pl.DataType) -> object:
    if isinstance(kind, pl.Struct):
        return _shape({one.name: one.dtype for one in kind.fields})  # type: ignore[misc]
    return [] if kind.is_nested() else None
