"""Since when rejected files are told of together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class RejectionAlert(Stored):
    """That people were told of a data set's rejected files at ``since``: further ones wait a while
    and are told together.
    """

    kind: ClassVar[str] = "rejection alert"

    since: Moment
