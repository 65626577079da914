"""How far the prediction log has come: what is being compacted, and what each hour holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, kw_only=True)
class CompactedGroup(Stored):
    """What one ``group`` of delivered objects held of the predictions made in an ``hour``: ``days``
    counts them by the date of their event, whose folder has the group's file.
    """

    kind: ClassVar[str] = "compacted group"

    hour: Moment
    group: str
    days: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LogHour(Stored):
    """Predictions ``made`` in an ``hour``, as the API counted them, and those of them in the log;
    ``checked_at``: when they were compared.
    """

    kind: ClassVar[str] = "hour of the log"

    hour: Moment
    made: int
    logged: int
    checked_at: Moment
