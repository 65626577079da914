"""Which definition of a problem is in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class PublishedDefinition(Stored):
    """``definition``: digest of the problem, whose content lies at the layout's ``definition``;
    ``code``: digest of its contract code, empty where it has none; ``at``: since when; ``told``:
    whether those who train have heard of it.
    """

    kind: ClassVar[str] = "published definition"

    definition: str
    code: str
    at: Moment
    told: bool
