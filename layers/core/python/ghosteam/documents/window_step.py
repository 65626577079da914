"""How far the online windows are: the step that is being done, and what they were made by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.counted_batch import Place
from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class Move:
    """The batch gets the ``place`` among those whose rows the windows hold, or is taken out where
    that is None. ``revision``: which rows of the batch.
    """

    dataset: str
    batch_id: str
    place: Place | None
    revision: str = ""


@dataclass(frozen=True)
class WindowStep(Stored):
    """Step ``number`` does all ``moves`` at once; there are none once it is done. ``made``: whether
    the rows of what counted at the beginning are there.
    """

    kind: ClassVar[str] = "window step"
    schema_version: ClassVar[int] = 2

    number: int
    made: bool
    moves: tuple[Move, ...] = ()
