"""How files as people have them become files that the loop reads as they are.

A recipe lies beside ``problem.yaml``, so that each later file becomes what the first one did and
nothing is guessed anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl

from cli.files.date_styles import iso
from cli.files.number_styles import TOLD, replaced
from ghosteam.errors import InvalidInput

FILE_NAME = "files.json"
_DIGEST = 8


@dataclass(frozen=True)
class Recipe:
    """What is done to the files of a data set, in this order: blanks around cells are ``trimmed``,
    ``numbers`` of a style and ``dates`` of a format are written plainly, by column, and rows get a
    ``row_id``, the name of a column that files do not have.
    """

    trimmed: bool = False
    numbers: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    row_id: str | None = None

    @property
    def changes(self) -> tuple[str, ...]:
        """What it does, a phrase each."""
        told = ["cells have blanks around them"] if self.trimmed else []
        told += [f"{column!r} {TOLD[style]}" for column, style in self.numbers.items()]
        told += [f"{column!r} has dates as {form}" for column, form in self.dates.items()]
        if self.row_id:
            told.append(f"rows have no id, and get the column {self.row_id!r}")
        return tuple(told)

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of text, as the loop reads them."""
        if self.row_id and self.row_id not in rows.columns:
            rows = rows.insert_column(0, row_ids(rows).alias(self.row_id))
        if self.trimmed:
            rows = rows.with_columns(pl.all().str.strip_chars())
        here = set(rows.columns)
        return rows.with_columns(
            *(replaced(name, style) for name, style in self.numbers.items() if name in here),
            *(iso(name, form) for name, form in self.dates.items() if name in here),
        )

    def to_json(self) -> dict[str, Any]:
        """As :meth:`from_json` reads it."""
        return {
            "trimmed": self.trimmed,
            "numbers": dict(self.numbers),
            "dates": dict(self.dates),
            "row_id": self.row_id,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Recipe:
        """Raises TypeError for what is no recipe."""
        return cls(**document)


def row_ids(rows: pl.DataFrame) -> pl.Series:
    """An id of each row by its content: the same row has the same id in whatever file, and of rows
    that repeat one another in a file each has its own.
    """
    seen: dict[bytes, int] = {}

    def ids() -> Iterator[str]:
        for cells in rows.iter_rows():
            text = json.dumps(cells, ensure_ascii=False).encode()
            digest = blake2b(text, digest_size=_DIGEST).digest()
            seen[digest] = seen.get(digest, 0) + 1
            yield digest.hex() + (f"-{seen[digest]}" if seen[digest] > 1 else "")

    return pl.Series("row_id", list(ids()), pl.String)


def write_recipes(folder: Path, recipes: Mapping[str, Recipe]) -> Path | None:
    """Beside ``problem.yaml``, those that do something; None where there is none."""
    path = folder / FILE_NAME
    some = {name: recipe.to_json() for name, recipe in recipes.items() if recipe != Recipe()}
    if not some:
        path.unlink(missing_ok=True)
        return None
    path.write_text(json.dumps(some, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read_recipes(folder: Path) -> dict[str, Recipe]:
    """Those of a problem's folder, by data set.

    Raises:
        InvalidInput: the file is none of recipes.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {name: Recipe.from_json(recipe) for name, recipe in document.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"The file holds no recipes: {error}",
            where={"file": f"{folder.name}/{FILE_NAME}"},
            remedy="Run ./ghosteam init again, or remove the file where files land as they are",
        ) from error
