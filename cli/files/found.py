"""What was found of a file, for people."""

from __future__ import annotations

from ghosteam.documents.file_dialect import FileDialect

_NAMED = {"skip": "skipped"}


def found_in(reading: FileDialect) -> str:
    """What of a file's dialect was found and is not declared, by the fields of ``files``; empty
    where there is nothing such. ``reading``: as a batch's record has it.
    """
    return ", ".join(
        f"{name} {getattr(reading, _NAMED.get(name, name))!r}" for name in reading.detected
    )
