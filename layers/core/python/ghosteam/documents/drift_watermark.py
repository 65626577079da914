"""How far drift has been watched for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class DriftWatermark(Stored):
    """What was served in the window that ends at ``window_end``, and in those before, has been
    judged for drift, and whoever is to know was told.
    """

    kind: ClassVar[str] = "drift watermark"

    window_end: Moment
