"""What is known of a condition, and what of it a channel was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.channels.alert import Alert
from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class AlertState(Stored):
    """``alert``: the newest of its condition. ``told``: the version of the alert that the
    ``channel`` was told last, null while it was told nothing; ``told_at``: when that was. ``due``:
    when the clock has it told, null where it is told at once or was told. ``quiet``: it waits, or
    waited, because of quiet hours.
    """

    kind: ClassVar[str] = "alert state"

    channel: str
    alert: Alert
    told: str | None = None
    told_at: Moment | None = None
    due: Moment | None = None
    quiet: bool = False
    noted_at: Moment
