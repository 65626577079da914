"""What the jobs of a run left, by SHA-256, on record where no job can write.

Jobs of one kind share a role, for all problems, so that a job could write over what another run
left. What is believed later is therefore hashed by a function as soon as the job that left it is
over, and compared by whoever reads it. The digests stand in the run's document and, for jobs, in a
document of their own beside the run's plan. A model's package is known by its manifest's digest,
see :mod:`ghosteam.learning.archive`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ghosteam.documents.stored import Stored
from ghosteam.errors import Defect


@dataclass(frozen=True)
class Digests(Stored):
    """``by_key``: hexadecimal digits, by the object's key in the artifact bucket."""

    kind: ClassVar[str] = "digests"
    schema_version: ClassVar[int] = 2

    by_key: Mapping[str, str]


def digest_for(digests: Mapping[str, str], key: str) -> str:
    """The digest on record of an object of the artifact bucket.

    Raises:
        Defect: there is none, so that nothing says that the object is what a job of this run left.
    """
    if key not in digests:
        raise Defect(
            "It has no digest on record",
            where={"key": key},
            remedy="Retrain; only what is on record is used",
        )
    return digests[key]


def check_file(path: Path, key: str, digest: str) -> None:
    """Raise Defect when a file is not the object ``key`` that is on record."""
    with path.open("rb") as file:
        check(hashlib.file_digest(file, "sha256").hexdigest(), digest, key)


def check(found: str, wanted: str, key: str) -> None:
    """Raise Defect when what was found at ``key`` has not the digest on record."""
    if found != wanted:
        raise Defect(
            "It was changed after it was put on record",
            where={"key": key, "sha256": found, "on record": wanted},
            remedy="Find out who wrote it (the bucket keeps its versions), and retrain",
        )
