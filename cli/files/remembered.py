"""Which files a problem was made from, on this machine: those that are meant when none is named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

FILE_NAME = "files.json"


def kept_folder(root: Path, problem: str) -> Path:
    """The folder of a problem's own on this machine, below the checkout ``root``."""
    return root / ".ghosteam" / "data" / problem


def remember(folder: Path, paths: Sequence[Path]) -> None:
    """Keep the paths in a folder of the problem's own."""
    folder.mkdir(parents=True, exist_ok=True)
    absolute = [str(path.resolve()) for path in paths]
    (folder / FILE_NAME).write_text(json.dumps(absolute, indent=1), encoding="utf-8")


def remembered(folder: Path) -> list[Path]:
    """The paths that are there still; none where nothing was kept."""
    try:
        paths = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        return [path for path in map(Path, paths) if path.exists()]
    except (OSError, ValueError, TypeError):
        return []
