"""That rows of a batch may stand online, joined with others'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class Joined(Stored):
    """A batch of events, or of labels, from whose rows online rows may have been made; it is
    forgotten when it counts no more and those are gone.
    """

    kind: ClassVar[str] = "joined batch"

    batch_id: str
