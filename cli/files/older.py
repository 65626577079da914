"""Folders of before: what a file beside ``problem.yaml`` said of files is declared in it now."""

from __future__ import annotations

from pathlib import Path

from ghosteam.errors import InvalidInput

_RECIPES = "files.json"


def check_no_recipes(folder: Path) -> None:
    """Raises InvalidInput for a problem's folder with recipes, which nothing reads any more."""
    if (folder / _RECIPES).is_file():
        raise InvalidInput(
            f"{_RECIPES} is read no more: how files are written is declared in problem.yaml, and "
            "files land as they are",
            where={"file": f"{folder.name}/{_RECIPES}"},
            remedy=f"Run ./ghosteam init {folder.name} … --force again, which declares it; or "
            f"declare it yourself (docs/guides/files.md) and remove {_RECIPES}",
        )


def remove_recipes(folder: Path) -> None:
    """When what they said is declared."""
    (folder / _RECIPES).unlink(missing_ok=True)
