"""Which files hold data, by their names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ghosteam.data.markers import marker_reason
from ghosteam.errors import InvalidInput

TEXTS = (".txt", ".data")
DOCUMENT = ".json"
WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".ods")
PACKED = (".gz", ".zst", ".zip")
KNOWN = (".csv", ".tsv", *TEXTS, DOCUMENT, ".jsonl", ".ndjson", ".parquet", *WORKBOOKS)


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files that are named, and those with data in the folders that are.

    Raises:
        InvalidInput: there is none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file())
            found += [one for one in inside if _holds_data(one.relative_to(path))]
        elif path.is_file():
            found.append(path)
        else:
            raise InvalidInput("There is no such file", where={"file": path})
    if not found:
        folders = ", ".join(str(path) for path in paths)
        remedy = f"Their names end in one of {', '.join(KNOWN)}, each perhaps with .gz or .zip"
        raise InvalidInput("There are no files of data", where={"folder": folders}, remedy=remedy)
    return found


def ending(name: str) -> str:
    """What a name ends in, whatever the file is packed with."""
    return Path(bare_name(name).lower()).suffix


def bare_name(name: str) -> str:
    """A name without what says that the file is packed."""
    packed = next((end for end in PACKED if name.lower().endswith(end)), "")
    return name[: len(name) - len(packed)]


def _holds_data(path: Path) -> bool:
    known = ending(path.name) in KNOWN or path.name.lower().endswith(".zip")
    return known and marker_reason(f"problem/dataset/{path}") is None
