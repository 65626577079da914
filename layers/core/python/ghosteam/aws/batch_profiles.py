"""What batches look like, as it was measured when they were judged."""

from __future__ import annotations

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.batch_profile import BatchProfile


def profile_of_batch(record: BatchRecord, lake: Objects) -> BatchProfile | None:
    """The profile of a batch; None where it has none."""
    found = lake.find_json(keys.profile(record.problem, record.dataset, record.batch_id))
    return BatchProfile.from_json(found) if found else None
