"""How far the online windows are: the step that is being done, and what they were made by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.counted import Place
from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class WindowStep(Stored):
    """Step ``number`` gives the batch ``batch_id`` of ``dataset`` the place ``place`` among those
    whose rows the windows hold, or takes it out where that is None; both are None once it is done.

    ``revision``: which rows of the batch. ``made``: whether the rows of what counted at the
    beginning are there.
    """

    kind: ClassVar[str] = "window step"

    number: int
    dataset: str | None
    batch_id: str | None
    place: Place | None
    made: bool
    revision: str = ""
