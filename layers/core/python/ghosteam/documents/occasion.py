"""What may be a reason to retrain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class Occasion(Stored):
    """What may be a reason to retrain: its cause, its words, and the business time it speaks of
    (None: the newest data's).

    ``cause`` is the trigger's name; ``request`` tells a person's requests apart.
    """

    kind: ClassVar[str] = "occasion"

    cause: str
    detail: str
    as_of: Moment | None
    request: str = ""
