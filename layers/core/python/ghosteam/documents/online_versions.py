"""Which versions of views stand in the online store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored

STEP = "remove_unneeded"
"""The name under which the step says that it ran to its end."""

EVERYTHING = "*"
"""Stands for all versions of all views of a problem."""


@dataclass(frozen=True)
class OnlineVersions(Stored):
    """Versions as ``<view>@<version>``. ``kept`` follow what lands; ``left`` are there and follow
    nothing, since nobody needs them; the rows of ``going`` are being removed, ``*``: of all that
    there are. ``searched``: whether rows of versions that are named nowhere, such as those of
    earlier releases, were looked for. ``passed``: id of the last row that was looked at for it, or
    for those that are going, where that did not fit into one turn.
    """

    kind: ClassVar[str] = "online versions"

    kept: tuple[str, ...]
    left: tuple[str, ...] = ()
    going: tuple[str, ...] = ()
    searched: bool = False
    passed: str = ""
