"""Formats of files, by their names."""

from __future__ import annotations

from typing import Literal

from ghosteam.documents.file_dialect import Base
from ghosteam.errors import InvalidInput

Format = Literal[
    "csv",
    "csv.gz",
    "csv.zst",
    "csv.zip",
    "jsonl",
    "jsonl.gz",
    "jsonl.zst",
    "jsonl.zip",
    "parquet",
    "zip",
]
_BASES: dict[str, Base] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_PLAIN: tuple[Format, ...] = ("csv", "jsonl")


def _suffixes() -> dict[str, Format]:
    found: dict[str, Format] = {".parquet": "parquet", ".zip": "zip"}
    packed: dict[Base, dict[str, Format]] = {
        "csv": {"": "csv", ".gz": "csv.gz", ".zst": "csv.zst", ".zip": "csv.zip"},
        "jsonl": {"": "jsonl", ".gz": "jsonl.gz", ".zst": "jsonl.zst", ".zip": "jsonl.zip"},
    }
    for suffix, base in _BASES.items():
        for packing, form in packed.get(base, {}).items():
            found[f"{suffix}{packing}"] = form
    return dict(sorted(found.items(), key=lambda one: -len(one[0])))


_SUFFIXES = _suffixes()
"""The longest first: ``.csv.zip`` before ``.zip``."""


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
            remedy=f"Name it with one of {', '.join(sorted(_SUFFIXES))}",
        )
    return found


def base_of(name: str) -> Base | None:
    """What a file in an archive is, by its name; None where that does not say it."""
    return next((base for suffix, base in _BASES.items() if name.lower().endswith(suffix)), None)


def is_compact(file_format: Format) -> bool:
    """Whether a file of the format is much smaller than its rows as text."""
    return file_format not in _PLAIN
