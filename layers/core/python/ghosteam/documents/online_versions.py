"""Which versions of views stand in the online store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored

STEP = "remove_unneeded"
"""The name under which the step says that it ran to its end."""


@dataclass(frozen=True)
class OnlineVersions(Stored):
    """Versions as ``<view>@<version>``. ``kept`` follow what lands; ``left`` are there and follow
    nothing, since nobody needs them; the rows of ``going`` are being removed. ``searched``: whether
    rows of versions that are named nowhere, such as those of earlier releases, were looked for.
    """

    kind: ClassVar[str] = "online versions"

    kept: tuple[str, ...]
    left: tuple[str, ...] = ()
    going: tuple[str, ...] = ()
    searched: bool = False
