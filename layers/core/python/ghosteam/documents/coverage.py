"""The times that the rows of a data set span, all batches together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class Stretch:
    """From the oldest to the newest row."""

    begin: Moment
    end: Moment


@dataclass(frozen=True)
class Coverage(Stored):
    """What the batches that count, and whose features can be read online, span together.

    ``spans``: ascending; those that no more than a day parts are one. ``labelled``: the same of the
    batches that hold outcomes, or of which nobody counted them. ``timeless``: whether there is a
    batch without times.
    """

    kind: ClassVar[str] = "coverage"

    spans: tuple[Stretch, ...] = ()
    labelled: tuple[Stretch, ...] = ()
    timeless: bool = False
