"""What counts at a landing key has changed, or may have: whoever made it so tells it.

Nothing is forgotten before it was told. So whoever is killed in between leaves everything to be
told again when its own event comes again, and others who change the same key tell it too.
"""

from __future__ import annotations

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.documents import batch_events


def announce_landing(
    problem: str,
    dataset: str,
    key: str,
    *,
    ledger: BatchLedger,
    bus: Bus,
    batch_id: str | None = None,
) -> None:
    """Publish BatchValidated for the batch that counts at a landing key and BatchWithdrawn for
    each that is held there and does not, ``batch_id`` among them; then forget what can count no
    more.
    """
    ledger.file(problem, dataset, key, *([batch_id] if batch_id else []))
    landing, validated = ledger.landing(problem, dataset, key), ledger.validated(problem, dataset)
    counting = landing.counting(validated)
    counts = counting.batch_id if counting else None
    if counts and (record := ledger.find(problem, dataset, counts)):
        bus.publish(batch_events.validated(record))
    passed = landing.passed(validated) | ({batch_id} if batch_id else set())
    for gone in sorted(passed - {counts}):
        bus.publish(batch_events.withdrawn(problem, dataset, gone, key))
    ledger.drop(problem, dataset, key, landing.needless(validated))
