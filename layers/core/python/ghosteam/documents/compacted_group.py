"""What a group of delivered objects of the prediction log held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class CompactedGroup(Stored):
    """What one ``group`` of delivered objects held of the predictions made in an ``hour``: ``days``
    counts them by the date of their event, whose folder has the group's file.
    """

    kind: ClassVar[str] = "compacted group"

    hour: Moment
    group: str
    days: Mapping[str, int] = field(default_factory=dict)
