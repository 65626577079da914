"""Why a file was passed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.batch import LandedObject
from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class IgnoredFile(Stored):
    """A file that is no data, for a ``reason``; nobody was told."""

    kind: ClassVar[str] = "ignored file"

    source: LandedObject
    reason: str
