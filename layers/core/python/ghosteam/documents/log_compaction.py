"""How far the prediction log has come: what is being compacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class LogCompaction(Stored):
    """The delivered objects ``inputs`` are being compacted as one group. They are deleted once they
    are ``written``, and not before.

    ``finished_at``: when the last turn ended, which left ``left`` delivered objects to the next.
    ``damaged``: lines, or whole objects, that were no records, since the beginning; they are kept
    below ``prediction-log-damaged/``.
    """

    kind: ClassVar[str] = "log compaction"

    inputs: tuple[str, ...] = ()
    written: bool = False
    finished_at: Moment | None = None
    left: int = 0
    damaged: int = 0
