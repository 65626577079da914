"""What was written down of batches when they were judged."""

from __future__ import annotations

from datetime import datetime

from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject
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
    recent = _note_landed(record, record.source, state)
    places = (
        keys.profile(record.problem, record.dataset, batch)
        for batch in recent.before(record.batch_id)
    )
    return [BatchProfile.from_json(found) for key in places if (found := lake.find_json(key))]


def note_landed_again(record: BatchRecord, source: LandedObject, state: StateTable) -> None:
    """A batch lands; one that was let in before is among those that did lately."""
    if record.status == "validated":
        _note_landed(record, source, state)


def _note_landed(record: BatchRecord, source: LandedObject, state: StateTable) -> RecentBatches:
    at = datetime.fromisoformat(source.landed_at)
    return state.update(
        record.problem,
        state_keys.RECENT_BATCHES / record.dataset,
        lambda known: (known or RecentBatches({})).adding(record.batch_id, at),
    )
