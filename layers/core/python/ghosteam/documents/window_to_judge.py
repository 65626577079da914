"""What the check of performance has to judge: once, however often it was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class WindowToJudge(Stored):
    """The window of predictions that ends at ``window_end`` is to be judged."""

    kind: ClassVar[str] = "window to judge"

    window_end: Moment
