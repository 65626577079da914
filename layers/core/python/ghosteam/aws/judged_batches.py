"""What was written down of batches when they were judged."""

from __future__ import annotations

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.batch_profile import BatchProfile
from ghosteam.documents.rejection import Rejection


def profile_of_batch(record: BatchRecord, lake: Objects) -> BatchProfile | None:
    """What a batch looks like; None where it has no profile."""
    found = lake.find_json(keys.profile(record.problem, record.dataset, record.batch_id))
    return BatchProfile.from_json(found) if found else None


def rejection_of_batch(record: BatchRecord, lake: Objects) -> Rejection | None:
    """Why a batch is refused; None where it is not, or where that is on record no more."""
    if record.status != "rejected":
        return None
    found = lake.find_json(keys.rejection(record.problem, record.dataset, record.batch_id))
    return Rejection.from_json(found) if found else None
