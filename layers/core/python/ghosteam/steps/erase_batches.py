"""Erase from the lake what landed and what became of it: raw parts, validated parts, quarantine,
profiles.

The valid rows that are left are a new revision of the batch, as when another contract lets others
in: online rows and windows are brought up to date by the way that is there for that. The revision
before is needed until they are, and is cleaned, under its own keys, in a later pass.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import polars as pl

from ghosteam.aws.judged_batches import profile_of_batch
from ghosteam.data.erase import parquet, without_rows
from ghosteam.data.frames import EXTRA, ROW
from ghosteam.data.judged import Judged, profile_of
from ghosteam.data.quarantine import QuarantinedRow, from_json_lines
from ghosteam.data.row_days import rows_by_day
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord, Revision
from ghosteam.documents.erasure import Removed
from ghosteam.errors import NotFound
from ghosteam.problem.hashes import DIGITS
from ghosteam.steps.announce_landing import announce_landing
from ghosteam.steps.erasing import Erasing
from ghosteam.steps.validate_batch import described

_CHANGED = (
    "revision",
    "earlier",
    "parts",
    "rows",
    "valid_rows",
    "quarantined_rows",
    "duplicate_rows",
    "superseded_rows",
    "min_time",
    "max_time",
    "labelled_rows",
)
"""Fields of a batch's record that say what it holds."""


def erase_batches(erasing: Erasing) -> None:
    """One batch at a time; one that is still being read or validated is left for the next pass."""
    erasing.tell("batches")
    quarantine = keys.quarantine(erasing.name)
    seen = set()
    for document in erasing.state.list(erasing.name, state_keys.BATCHES):
        batch = document.data
        seen.add(f"{quarantine}{batch.dataset}/{batch.batch_id}")
        if batch.status in ("ingesting", "ingested"):
            erasing.found.waiting.append(f"a batch is being read: {batch.dataset} {batch.batch_id}")
        else:
            _erase(erasing, batch)

    def is_of_no_batch(key: str) -> bool:
        return key.rpartition("/")[0] not in seen

    # Refused files of no data set are none.
    erasing.clean(erasing.lake, quarantine, "quarantine", only=is_of_no_batch)


def _erase(erasing: Erasing, batch: BatchRecord) -> None:
    """The entity's rows go last from the raw parts: as long as they are there, a repeated pass does
    the rest again, with the same numbers.
    """
    place = (batch.problem, batch.dataset, batch.batch_id)
    counted = _Counted(erasing, batch)
    if counted.own and batch.dataset in erasing.problem.datasets and not erasing.dry_run:
        batch = _without(erasing, batch, counted)
    lake = erasing.lake
    _sweep_validated(erasing, batch)
    erasing.clean(lake, keys.profile(*place), "profiles", is_read=False)
    erasing.clean(lake, keys.quarantine(*place), "quarantine")
    erasing.clean(lake, keys.raw(*place), "raw")


class _Counted:
    """What a batch is without the entity's rows: ``own`` of them there are anywhere; ``rows`` of
    its raw parts, ``filled`` and ``extra`` as :class:`Judged` has them; ``raw``: their keys, none
    where some are kept no more; ``bad``: what is left in quarantine, by part.
    """

    def __init__(self, erasing: Erasing, batch: BatchRecord) -> None:
        self.own, self.rows, self.filled, self.extra = 0, 0, 0, set[str]()
        self.raw: list[str] = []
        self.bad: list[tuple[QuarantinedRow, ...]] = []
        place = (batch.problem, batch.dataset, batch.batch_id)
        parts = range(batch.raw_parts or batch.parts)
        for key in (keys.raw_part(*place, part) for part in parts):
            if body := _found(erasing, key):
                self.raw.append(key)
                self._add_raw(erasing, batch, _read(body))
        if len(self.raw) < len(parts):
            self.raw = []
        profile = profile_of_batch(batch, erasing.lake)
        for key in profile.quarantine if profile else ():
            left = without_rows(key, _found(erasing, key) or b"", erasing.subject)
            self.own += left.rows
            self.bad.append(tuple(from_json_lines(left.body or b"")))
        for key in batch.validated_parts if batch.status == "validated" else ():
            body = _found(erasing, key)
            self.own += int(erasing.subject.rows(_read(body)).sum()) if body else 0

    def _add_raw(self, erasing: Erasing, batch: BatchRecord, part: pl.DataFrame) -> None:
        own = erasing.subject.rows(part)
        left = part.filter(~own)
        self.own, self.rows = self.own + int(own.sum()), self.rows + left.height
        dataset = erasing.problem.datasets.get(batch.dataset)
        names = [name for name in (dataset.columns if dataset else ()) if name in part.columns]
        self.filled += sum(left[name].count() for name in names)
        first = left[EXTRA].drop_nulls().head(1)
        self.extra |= set(json.loads(first[0])) if first.len() else set()


def _without(erasing: Erasing, batch: BatchRecord, counted: _Counted) -> BatchRecord:
    """Write the valid rows that are left, and the profile; then the ledger, then those who follow
    are told.
    """
    place, revision = (batch.problem, batch.dataset, batch.batch_id), batch.revision
    with tempfile.TemporaryDirectory(dir=erasing.scratch) as scratch:
        judged = Judged(filled=counted.filled, extra=counted.extra)
        for bad in counted.bad:
            judged.count(bad)
        own = 0
        for number, (frame, rows) in enumerate(_valid(erasing, batch, counted)):
            own += rows
            judged.paths.append(Path(scratch) / f"part-{number:05d}.parquet")
            judged.paths[-1].write_bytes(parquet(frame))
        if not judged.paths:
            return batch  # its rows are kept no more
        valid = sum(
            pl.scan_parquet(path).select(pl.len()).collect().item() for path in judged.paths
        )
        followed = batch.duplicate_rows + batch.superseded_rows
        if counted.raw:
            # Of an entity's rows nobody noted which were repeated and which corrected.
            followed = max(0, counted.rows - judged.bad_rows - valid)
        judged.superseded = min(batch.superseded_rows, followed)
        judged.duplicates = followed - judged.superseded
        rows = valid + judged.bad_rows + followed
        new = replace(batch, rows=rows, quarantined_rows=judged.bad_rows)
        if batch.status == "validated":
            days = rows_by_day(erasing.problem, batch, judged.paths)
            new = described(erasing.problem, replace(batch, rows=rows), judged, days)
            new = replace(new, revision=batch.revision, raw_parts=batch.raw_parts)
        if batch.status == "validated" and own:
            new = replace(
                new,
                revision=_revision(batch, erasing.subject.identity),
                earlier=(*batch.earlier, batch.as_revision),
            )
            for number, path in enumerate(judged.paths):
                key = keys.validated_part(*place, number, new.revision)
                erasing.lake.put(key, path.read_bytes())
            erasing.ledger.count_rows(new, days)
        _write_profile(erasing, new, judged, has_raw=bool(counted.raw))
    if batch.status == "validated":
        erasing.found.removed["validated"] += Removed(own, 0)
    batch = erasing.ledger.note(batch, **{name: getattr(new, name) for name in _CHANGED})
    if new.revision != revision:
        _announce(erasing, batch)
    return batch


def _valid(
    erasing: Erasing, batch: BatchRecord, counted: _Counted
) -> Iterator[tuple[pl.DataFrame, int]]:
    """The valid parts without the entity's rows, and how many these were; of a refused batch the
    raw rows that are not in quarantine.
    """
    bad = {row.row for part in counted.bad for row in part}
    for key in batch.validated_parts if batch.status == "validated" else counted.raw:
        body = _found(erasing, key)
        if body is None:
            continue
        part = _read(body)
        own = erasing.subject.rows(part)
        left = part.filter(~own)
        yield (
            left.filter(~left[ROW].is_in(list(bad))) if ROW in part.columns else left,
            int(own.sum()),
        )


def _write_profile(erasing: Erasing, batch: BatchRecord, judged: Judged, *, has_raw: bool) -> None:
    known = profile_of_batch(batch, erasing.lake)
    if known is None:
        return
    profile = profile_of(
        erasing.problem, batch, judged, status=known.status, quarantine=known.quarantine
    )
    if not has_raw:
        completeness = known.quality["completeness"]
        profile = replace(profile, quality={**profile.quality, "completeness": completeness})
    key = keys.profile(batch.problem, batch.dataset, batch.batch_id)
    erasing.lake.put_json(key, profile.to_json())


def _revision(batch: BatchRecord, identity: str) -> str:
    text = f"{batch.revision}\n{identity}"
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _sweep_validated(erasing: Erasing, batch: BatchRecord) -> None:
    """Clean what is not the batch's valid rows any more; a revision that online rows may still be
    made of is left to a later pass.
    """
    within = keys.validated_part(batch.problem, batch.dataset, batch.batch_id, 0).rsplit("/", 1)[0]
    needed = set() if erasing.dry_run else _needed(erasing, batch)

    def revision_of(key: str) -> str:
        return key.removeprefix(f"{within}/").rpartition("/")[0]

    def is_read(key: str) -> bool:
        return batch.status == "validated" and revision_of(key) == batch.revision

    def is_over(key: str) -> bool:
        return not is_read(key) and revision_of(key) not in needed

    erasing.clean(erasing.lake, f"{within}/", "validated", only=is_read)
    erasing.clean(erasing.lake, f"{within}/", "validated", only=is_over, is_read=False)


def _needed(erasing: Erasing, batch: BatchRecord) -> set[str]:
    """Earlier revisions with rows of the entity that online rows are perhaps made of."""
    held = {one.revision for one in batch.earlier if _holds(erasing, batch, one)}
    key = state_keys.online_revision(batch.dataset, batch.batch_id)
    followed = erasing.state.find(batch.problem, key)
    if not held or (followed and followed.revision == batch.revision):
        return set()
    _announce(erasing, batch)
    erasing.found.waiting.append(f"online rows follow a batch: {batch.dataset} {batch.batch_id}")
    return held


def _holds(erasing: Erasing, batch: BatchRecord, revision: Revision) -> bool:
    bodies = (_found(erasing, key) for key in batch.at(revision).validated_parts)
    return any(body and erasing.subject.rows(_read(body)).any() for body in bodies)


def _read(body: bytes) -> pl.DataFrame:
    return pl.read_parquet(BytesIO(body))


def _announce(erasing: Erasing, batch: BatchRecord) -> None:
    """Tell those who follow the batch, wherever it counts or is held."""
    index = erasing.ledger.index(batch.problem, batch.dataset)
    filed = (index.find(one) for one in batch.revisions)
    places = [place.key for counted in filed if counted for place in counted.places]
    for key in dict.fromkeys((batch.source.key, *places)):
        announce_landing(
            batch.problem,
            batch.dataset,
            key,
            ledger=erasing.ledger,
            bus=erasing.bus,
            batch_id=batch.batch_id,
        )


def _found(erasing: Erasing, key: str) -> bytes | None:
    """The bytes of a part; None where it is kept no more."""
    try:
        return erasing.lake.get(key)
    except NotFound:
        return None
