"""The documents that a data report is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.expectations import expectations_of
from ghosteam.aws.judged_batches import profile_of_batch, rejection_of_batch
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.batch_profile import BatchProfile
from ghosteam.documents.expectations_result import ExpectationsResult
from ghosteam.documents.rejection import Rejection

_JUDGED = ("validated", "rejected")


@dataclass(frozen=True)
class Batch:
    """A batch and what was written down of it, None where nothing was. ``decision``: what somebody
    decided about its quarantined rows; ``expectations``: what its suite said.
    """

    record: BatchRecord
    profile: BatchProfile | None
    rejection: Rejection | None
    decision: str = ""
    expectations: ExpectationsResult | None = None


def judged(records: Iterable[BatchRecord]) -> list[BatchRecord]:
    """The batches of which it is known what became of them, in the order in which they landed."""
    known = [record for record in records if record.status in _JUDGED]
    return sorted(known, key=lambda one: (one.source.landed_at, one.batch_id))


def read(record: BatchRecord, lake: Objects, artifacts: Objects, state: StateTable) -> Batch:
    """A batch with its documents."""
    note = state.find(record.problem, state_keys.quarantine_note(record.dataset, record.batch_id))
    return Batch(
        record,
        profile_of_batch(record, lake),
        rejection_of_batch(record, lake),
        note.decision if note else "",
        expectations_of(record, artifacts),
    )


def all_records(ledger: BatchLedger, problem: str, dataset: str) -> list[BatchRecord]:
    """Of a data set, see :func:`judged`."""
    return judged(ledger.all(problem, dataset))
