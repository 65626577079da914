"""What is kept of data that is not let in: the row or file, where it came from, what was wrong, how
to fix it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

READABLE = "readable"
"""The rule that a line breaks which could not be split: its text is the value."""


@dataclass(frozen=True)
class Reason:
    """One rule that a row breaks; ``column`` is null when the rule is about the whole row."""

    column: str | None
    rule: str
    value: object
    remedy: str


@dataclass(frozen=True)
class QuarantinedRow:
    """``row`` is the number of the data row in the file, from 1; ``values`` are JSON-ready, as they
    stood in the file.
    """

    row: int
    values: Mapping[str, object]
    reasons: tuple[Reason, ...]

    @property
    def unread(self) -> bool:
        """Whether it is no row of a table."""
        return any(reason.rule == READABLE and reason.column is None for reason in self.reasons)

    @property
    def contradicts_itself(self) -> bool:
        """Whether it was read and breaks a rule about the whole row."""
        return not self.unread and any(reason.column is None for reason in self.reasons)

    def to_json(self) -> dict[str, object]:
        """Its fields; there may be a million such rows, which ``asdict`` would copy piece by
        piece.
        """
        reasons = [vars(reason) for reason in self.reasons]
        return {"row": self.row, "values": self.values, "reasons": reasons}


def to_json_lines(rows: Iterable[QuarantinedRow], source: Mapping[str, object]) -> bytes:
    """Quarantined rows as JSON lines, in the order of the file; each names its ``source``."""
    ordered = sorted(rows, key=lambda row: row.row)
    lines = (
        json.dumps({"source": source, **row.to_json()}, sort_keys=True, allow_nan=False) + "\n"
        for row in ordered
    )
    return "".join(lines).encode()


def from_json_lines(body: bytes) -> Iterator[QuarantinedRow]:
    """Inverse of :func:`to_json_lines`, but for the source."""
    for line in body.splitlines():
        told = json.loads(line)
        reasons = tuple(Reason(**reason) for reason in told["reasons"])
        yield QuarantinedRow(told["row"], told["values"], reasons)
