"""Which form of a page was read last: by its tag an API says that it is still the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class PageTag(Stored):
    """The header ``ETag`` of the answer at ``url``, which was a source's only page."""

    kind: ClassVar[str] = "page tag"

    url: str
    tag: str
