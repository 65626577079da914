"""How far a source has been pulled: a number or a time, which only ever grows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored
from ghosteam.problem.sources import Cursor, Mark


@dataclass(frozen=True, kw_only=True)
class Watermark(Stored):
    """Up to ``watermark`` (see :func:`mark_text`), by the pull that landed ``rows`` rows under the
    landing key ``key``.
    """

    kind: ClassVar[str] = "watermark"

    watermark: int | str
    key: str
    rows: int
    pulled_at: Moment


def mark_text(mark: Mark) -> int | str:
    """A mark for JSON, a request or a query: a number, or ISO-8601 UTC ending in ``Z``."""
    return mark.isoformat().replace("+00:00", "Z") if isinstance(mark, datetime) else mark


def is_later(one: Mark, other: Mark) -> bool:
    """Whether ``one`` is greater than ``other``; both are of one kind."""
    if isinstance(one, int) and isinstance(other, int):
        return one > other
    return isinstance(one, datetime) and isinstance(other, datetime) and one > other


def asked_from(mark: Mark, cursor: Cursor) -> Mark:
    """Where the next pull begins: the watermark less the overlap, never before the start."""
    if isinstance(mark, int) or isinstance(cursor.start, int):
        return mark
    return mark - cursor.overlap if mark - cursor.start > cursor.overlap else cursor.start
