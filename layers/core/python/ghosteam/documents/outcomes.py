"""What became of the labels of a problem: which events have their outcome, which labels wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class Outcomes(Stored):
    """Of ``events``, ``labelled`` have an outcome, or one that will mature. Of ``labels`` that
    state one, ``waiting`` are of an event that is not there, such as those in ``examples``, and
    ``unusable`` of one with which they make no outcome of the task, or none of a known time.
    ``days``: how many are labelled by the UTC day of their events (ISO 8601), of the newest days
    that have events.
    """

    kind: ClassVar[str] = "outcomes"

    events: int
    labelled: int
    labels: int
    waiting: int
    unusable: int
    examples: tuple[str, ...]
    days: Mapping[str, int]
