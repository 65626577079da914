"""Which batches a key of the landing bucket holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class Held:
    """A batch that a landing key holds, by the event that told of it. ``landed_at``: ISO-8601
    UTC.
    """

    batch_id: str
    sequencer: str
    landed_at: str


@dataclass(frozen=True)
class Landing(Stored):
    """``held``: the newest batch first, down to the newest validated one, which is the one that
    counts; ``ignored``: sequencers of the events of this key that came late.
    """

    kind: ClassVar[str] = "landing"

    held: tuple[Held, ...] = ()
    ignored: tuple[str, ...] = ()
