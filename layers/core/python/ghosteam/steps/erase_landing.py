"""Erase from the landing bucket: every version of a file that holds rows of the entity is deleted
for good.

The file's other rows stay, as the lake has them. The ledger is told first, so that the deletion is
not taken for the owner's, who would withdraw them with it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ghosteam.aws.versions import Version
from ghosteam.data.batch import batch_id
from ghosteam.data.compression import compression_of
from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.erase import without_rows
from ghosteam.data.formats import Format, format_of
from ghosteam.data.read import read_batches
from ghosteam.documents import keys
from ghosteam.errors import InvalidInput, NotFound
from ghosteam.problem.datasets import Dataset
from ghosteam.steps.erasing import Erasing

PLACE = "landing"
ARRIVING = timedelta(days=1)
"""A version that the ledger does not know is still to be read if it is younger than this."""
_PART_ROWS = 100_000
_AT_WORK = ("ingesting", "ingested")
_NO_TEXT = ("zstd", "zip")
"""What cannot be looked through where it cannot be read."""


@dataclass(frozen=True)
class _Seen:
    """A version of a landed file with ``rows`` of the entity; ``content``: the id of its batch,
    None where its format is unknown.
    """

    version: Version
    rows: int
    content: str | None


def erase_landing(erasing: Erasing) -> None:
    """One file at a time; one that is still being read or validated is left for the next pass."""
    erasing.tell(PLACE)
    for versions in erasing.landing.versions(f"{erasing.name}/"):
        own = [seen for seen in (_look(erasing, one) for one in versions) if seen.rows]
        if not own:
            continue
        key = versions[0].key
        if any(_is_at_work(erasing, one) for one in own):
            erasing.found.waiting.append(f"a landed file is being read: {key}")
            continue
        _, dataset = keys.landing_target(key) or ("", "")
        if dataset and not erasing.dry_run:
            erasing.ledger.erase(erasing.name, dataset, key, [one.version.id for one in own])
        for one in own:
            latest = one.version.latest
            erasing.drop(erasing.landing, one.version, PLACE, rows=one.rows if latest else 0)


def _look(erasing: Erasing, version: Version) -> _Seen:
    """Rows of a version are counted; a file that cannot be read and names the entity is one."""
    problem, name = keys.landing_target(version.key) or ("", "")
    with tempfile.TemporaryDirectory(dir=erasing.scratch) as folder:
        path = Path(folder) / "file"
        try:
            erasing.landing.download(version.key, path, version_id=version.id)
        except NotFound:
            return _Seen(version, 0, None)
        try:
            file_format = format_of(version.key)
            rows = _count(erasing, path, file_format, erasing.problem.datasets.get(name))
            return _Seen(version, rows, batch_id(problem, name, file_format, path))
        except InvalidInput:
            body = path.read_bytes()
            if body[:4] == b"PAR1" or compression_of(path) in _NO_TEXT:
                erasing.found.kept.append(f"a landed file could not be read: {version.key}")
            return _Seen(version, without_rows("text", body, erasing.subject).rows, None)


def _count(erasing: Erasing, path: Path, file_format: Format, dataset: Dataset | None) -> int:
    parts = read_batches(path, file_format, _PART_ROWS, may_be_empty=True)
    if dataset:
        file = DatasetFile(path, file_format, dataset, _PART_ROWS, empty=True)
        parts = file.parts(check=False)
    return sum(int(erasing.subject.rows(part).sum()) for part in parts)


def _is_at_work(erasing: Erasing, seen: _Seen) -> bool:
    """Whether the rows of a version are not yet all in the lake."""
    version, target = seen.version, keys.landing_target(seen.version.key)
    if target is None or target[1] not in erasing.problem.datasets:
        return False
    landing = erasing.ledger.landing(*target, version.key)
    held = next((one.batch_id for one in landing.held if one.version_id == version.id), None)
    identity = held or seen.content
    record = erasing.ledger.find(*target, identity) if identity else None
    if record is not None:
        return record.status in _AT_WORK
    # One that was refused before it was read has no content; its version is all that is known.
    refused = (one.source.version_id for one in erasing.ledger.all(*target))
    return version.id not in refused and erasing.now - version.modified < ARRIVING
