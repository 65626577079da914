"""Which slots serve a problem, and with which share of the traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.slot import Challenger, Slot
from ghosteam.documents.stored import Stored


@dataclass(frozen=True, kw_only=True)
class Routing(Stored):
    """``salt`` decides which entities meet the challenger. ``replaced`` is the last champion while
    its endpoint is kept for a quick way back.
    """

    kind: ClassVar[str] = "routing"
    schema_version: ClassVar[int] = 4

    champion: Slot | None
    challenger: Challenger | None = None
    salt: str
    replaced: Slot | None = None
