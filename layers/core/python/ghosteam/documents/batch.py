"""One batch of rows: a version of a landing object, by its content, and how far it got."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from ghosteam.documents import keys
from ghosteam.documents.file_dialect import FileDialect
from ghosteam.documents.stored import Stored

Status = Literal["ingesting", "ingested", "validated", "rejected"]


@dataclass(frozen=True)
class LandedObject:
    """The version of a landing object that a batch was read from.

    ``sequencer`` is S3's order of the events of one key, ``landed_at`` the event's time (ISO-8601
    UTC), ``size`` in bytes.
    """

    bucket: str
    key: str
    version_id: str | None
    sequencer: str
    size: int
    landed_at: str


@dataclass(frozen=True)
class Revision:
    """The rows of a batch that a contract let in: its folder, its ``parts``, and the times that
    they span.
    """

    revision: str
    parts: int
    min_time: str | None
    max_time: str | None


@dataclass(frozen=True)
class BatchRecord(Stored):
    """One batch. Times are ISO-8601 UTC; ``min_time`` and ``max_time`` span its valid rows, null
    for a static data set.

    Of ``rows``, ``valid_rows`` were let in and ``quarantined_rows`` broke the contract. The others
    were followed, in the same file, by a newer row of the same event or key: an equal one
    (``duplicate_rows``) or one with other values (``superseded_rows``).

    ``parts`` is the number of its raw parts, and of its validated parts once it is validated.
    ``labelled_rows``: of events, how many valid rows have an outcome, or one that will mature; of
    labels, how many state one; null where nobody counted.

    ``read_as`` and ``judged_as``: digests of how its columns were declared when its file was read,
    and of the contract that let it in or refused it; empty where nobody noted them. ``raw_parts``:
    number of raw parts where it is another than ``parts``, else 0. ``revision``: the folder of its
    valid rows, which another contract gives another one; ``earlier``: those before. ``reading``:
    how its file was read, null where nobody noted it.
    """

    kind: ClassVar[str] = "batch"
    schema_version: ClassVar[int] = 4

    batch_id: str
    problem: str
    dataset: str
    status: Status
    source: LandedObject
    received_at: str
    parts: int = 0
    rows: int = 0
    valid_rows: int = 0
    quarantined_rows: int = 0
    duplicate_rows: int = 0
    superseded_rows: int = 0
    min_time: str | None = None
    max_time: str | None = None
    labelled_rows: int | None = None
    read_as: str = ""
    judged_as: str = ""
    raw_parts: int = 0
    revision: str = ""
    earlier: tuple[Revision, ...] = ()
    reading: FileDialect | None = None

    @property
    def validated_parts(self) -> list[str]:
        """Keys of the parts with its valid rows, in the lake."""
        place = (self.problem, self.dataset, self.batch_id)
        return [keys.validated_part(*place, part, self.revision) for part in range(self.parts)]

    @property
    def had_rows(self) -> bool:
        """Whether rows of it were let in, now or before."""
        return self.status == "validated" or bool(self.earlier)

    @property
    def as_revision(self) -> Revision:
        """The rows that it has now."""
        return Revision(self.revision, self.parts, self.min_time, self.max_time)

    @property
    def revisions(self) -> list[BatchRecord]:
        """With the rows that it had before, and with those that it has now, each once."""
        by_name = {one.revision: one for one in (*self.earlier, self.as_revision)}
        return [self.at(one) for one in by_name.values()]

    def at(self, revision: Revision) -> BatchRecord:
        """The batch with rows that it had before."""
        return replace(
            self,
            revision=revision.revision,
            parts=revision.parts,
            min_time=revision.min_time,
            max_time=revision.max_time,
        )

    def of_revision(self, name: str) -> BatchRecord:
        """The batch with the rows of the revision called ``name``, or as it is."""
        return next((self.at(one) for one in self.earlier if one.revision == name), self)
