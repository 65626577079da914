"""Ids of batches. A batch is its content: the same bytes for the same data set are the same
batch.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

_LENGTH = 32


def batch_id(problem: str, dataset: str, file_format: str, path: Path) -> str:
    """Id of a file's content, read in chunks. The format counts too: the same bytes may mean other
    rows in another format.
    """
    with path.open("rb") as stream:
        content = hashlib.file_digest(stream, "sha256").hexdigest()
    return _digest(problem, dataset, file_format, content)


def unread_batch_id(bucket: str, key: str, version_id: str | None, sequencer: str) -> str:
    """Id for a file that is refused before it is read: one version of one landing object."""
    return _digest(bucket, key, version_id or "", sequencer)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_LENGTH]
