"""What became of the labels of a problem: which events have their outcome, which labels wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class OutcomeCounts(Stored):
    """Of ``events``, ``labelled`` have an outcome, or one that will mature. Of ``labels`` that
    state one, ``waiting`` are of an event that is not there, such as those in ``examples``, and
    ``unusable`` make none with their event: a part is missing, or it is none of the task's, or of
    no known time. ``days``: how many events are labelled by their UTC day (ISO 8601), of the newest
    days that have such events; days before ``days_since`` are not counted, where that is not empty.
    ``step``: the number of the window step that changed it last.
    """

    kind: ClassVar[str] = "outcome counts"

    events: int
    labelled: int
    labels: int
    waiting: int
    unusable: int
    examples: tuple[str, ...]
    days: Mapping[str, int]
    days_since: str = ""
    step: int = 0
