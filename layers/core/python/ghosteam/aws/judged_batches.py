"""What was written down of batches when they were judged."""

from __future__ import annotations

from datetime import datetime

from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.batch_profile import BatchProfile
from ghosteam.documents.recent_batches import RecentBatches
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


def profiles_before(record: BatchRecord, lake: Objects, state: StateTable) -> list[BatchProfile]:
    """Of the newest batches of the data set that landed before this one and were let in. It is one
    of them itself from now on.
    """
    landed = datetime.fromisoformat(record.source.landed_at)

    def adding(known: RecentBatches | None) -> RecentBatches:
        return (known or RecentBatches({})).adding(record.batch_id, landed)

    recent = state.update(record.problem, state_keys.RECENT_BATCHES / record.dataset, adding)
    places = (
        keys.profile(record.problem, record.dataset, batch)
        for batch in recent.before(record.batch_id)
    )
    return [BatchProfile.from_json(found) for key in places if (found := lake.find_json(key))]
