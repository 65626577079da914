"""What waits to be decided again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.occasion import Occasion
from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class WaitingOccasion(Stored):
    """An occasion that is decided again when the run ``for_run`` is over, and not before
    ``not_before``; it waits ``since`` then because of ``reason``.
    """

    kind: ClassVar[str] = "waiting occasion"

    occasion_id: str
    occasion: Occasion
    reason: str
    since: Moment
    for_run: str | None = None
    not_before: Moment | None = None
