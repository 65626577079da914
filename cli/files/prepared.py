"""Files as the loop takes them: the file itself, or a copy where it would not be read as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.files.recipe import Recipe
from cli.files.table import Table


@dataclass(frozen=True)
class Prepared:
    """``path`` of what lands, and what is ``changed`` in it, a phrase each; none where it is the
    file itself.
    """

    path: Path
    changed: tuple[str, ...]


def prepared(table: Table, recipe: Recipe, folder: Path) -> Prepared:
    """A file ready to land; a copy is written into ``folder``, as CSV."""
    changes = recipe.changes
    if recipe.row_id and recipe.row_id in table.rows.columns:
        changes = changes[:-1]
    if not (table.odd or changes):
        return Prepared(table.path, ())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table.name}.csv"
    recipe.apply(table.rows).write_csv(path)
    return Prepared(path, (*table.odd, *changes))
