"""What the prediction log lost of the predictions that the API counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from ghosteam.documents.log_completeness import LogCompleteness

HOUR = timedelta(hours=1)
LOOKS_BACK = timedelta(hours=24)


@dataclass(frozen=True)
class Lost:
    """Of the predictions ``made``, as the API counted them, so many were ``logged``."""

    made: int
    logged: int

    @property
    def share(self) -> float | None:
        """Lost, in [0, 1]; None where none was made. What was delivered twice hides as much."""
        return max(0.0, 1 - self.logged / self.made) if self.made else None


def last_day(hours: Iterable[LogCompleteness]) -> list[LogCompleteness]:
    """Those of the last day that was compared, in order."""
    ordered = sorted(hours, key=lambda one: one.hour)
    return [one for one in ordered if one.hour > ordered[-1].hour - LOOKS_BACK]


def lost_in(hours: Iterable[LogCompleteness]) -> Lost:
    """What some hours lost together."""
    found = list(hours)
    return Lost(sum(one.made for one in found), sum(one.logged for one in found))
