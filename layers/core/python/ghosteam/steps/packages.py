"""The packages that a job left, by their digests."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ghosteam.learning.archive import ARCHIVE, digest_of_archive

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects


def digests_of_packages(artifacts: Objects, prefix: str) -> dict[str, str]:
    """The digest of every model package below ``prefix``, by its key."""
    found = {}
    for package in artifacts.list(f"{prefix}/"):
        if PurePosixPath(package.key).name == ARCHIVE:
            with artifacts.stream(package.key) as stream:
                found[package.key] = digest_of_archive(stream, name=package.key)
    return found
