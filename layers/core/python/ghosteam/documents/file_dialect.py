"""How a file was read: what its data set declares of its files, and what was found in this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Base = Literal["csv", "jsonl", "parquet"]
Compression = Literal["none", "gzip", "zstd", "zip"]


@dataclass(frozen=True)
class FileDialect:
    """``encoding`` is Python's name of it, null for Parquet. ``broken_text``: single bytes of the
    file are no text of that encoding; the rows that hold them are quarantined.

    Of CSV: ``separator``, ``quote`` (null for none), ``escape``; ``decimal`` and ``thousands`` are
    the marks in its numbers; ``skipped`` lines stand before the header; where lines end in a
    ``trailing`` separator, it makes no column; ``renamed`` has, by the name that a column got, the
    one in the file, of the first fifty such columns.

    ``detected``: which of these were found in the file, and not declared.
    """

    base: Base
    compression: Compression = "none"
    encoding: str | None = None
    broken_text: bool = False
    separator: str | None = None
    quote: str | None = None
    escape: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    skipped: int = 0
    trailing: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)
    detected: tuple[str, ...] = ()

    @property
    def has_other_numbers(self) -> bool:
        """Whether numbers are written otherwise than programs do."""
        return (self.decimal or ".", self.thousands or "none") != (".", "none")
