"""How far the online windows are: the step that is being done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.counted import Place
from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class WindowStep(Stored):
    """Step ``number`` gives the batch ``batch_id`` the place ``place`` among those whose rows the
    windows hold, or takes it out where that is None; ``batch_id``: None once it is done.

    ``whole``: whether the windows follow what counts; where they do not, they begin anew with all
    that counts.
    """

    kind: ClassVar[str] = "window step"

    number: int
    batch_id: str | None
    place: Place | None
    whole: bool
