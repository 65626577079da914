"""One batch of rows: a version of a landing object, by its content, and how far it got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

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
class BatchRecord(Stored):
    """One batch. Times are ISO-8601 UTC; ``min_time`` and ``max_time`` span its valid rows, null
    for a static data set.

    Of ``rows``, ``valid_rows`` were let in and ``quarantined_rows`` broke the contract. The others
    were followed, in the same file, by a newer row of the same event or key: an equal one
    (``duplicate_rows``) or one with other values (``superseded_rows``).

    ``parts`` is the number of its raw parts, and of its validated parts once it is validated.
    ``labelled_rows``: of events, how many valid rows have an outcome, or one that will mature; of
    labels, how many state one; null where nobody counted.
    """

    kind: ClassVar[str] = "batch"
    schema_version: ClassVar[int] = 2

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
