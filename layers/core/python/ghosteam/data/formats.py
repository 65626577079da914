"""Formats of files, by their names."""

from __future__ import annotations

from typing import Literal

from ghosteam.errors import InvalidInput

Format = Literal["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet"]
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv.gz",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl.gz",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl.gz",
    ".parquet": "parquet",
}


def format_of(name: str) -> Format:
    """The format that a file name ends in.

    Raises:
        InvalidInput: it ends in none that is known.
    """
    found = next(
        (form for suffix, form in _SUFFIXES.items() if name.lower().endswith(suffix)), None
    )
    if found is None:
        raise InvalidInput(
            "The file's format is unknown",
            where={"file": name},
            remedy=f"Name it with one of {', '.join(_SUFFIXES)}",
        )
    return found
