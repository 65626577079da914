"""Which problems have a definition in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class PublishedProblems(Stored):
    """The problems whose definitions are in force."""

    kind: ClassVar[str] = "published problems"

    names: tuple[str, ...] = ()
