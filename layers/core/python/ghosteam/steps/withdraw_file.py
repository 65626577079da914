"""Use case: an object of the landing bucket was deleted; its rows count no more.

A deletion is a version like any other, so it may be told twice, late, or before what it deletes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ghosteam.aws.batches import ArrivalEffect
from ghosteam.documents import keys
from ghosteam.json_object import JsonObject
from ghosteam.steps.announce_landing import announce_landing
from ghosteam.steps.ingest_file import UNKNOWN, Ingest, source_of

WithdrawalResult = Literal["withdrawn", "unchanged", "repeated", "late", "ignored"]
_OUTCOMES: Mapping[ArrivalEffect, WithdrawalResult] = {
    "changed": "withdrawn",
    "unchanged": "unchanged",
    "again": "repeated",
    "late": "late",
}
_FOR_GOOD = "Permanently Deleted"


def withdraw_file(event: JsonObject, ingest: Ingest) -> WithdrawalResult:
    """Withdraw what the EventBridge document "Object Deleted" of S3 is about.

    A deletion without a version hides the object, which then holds no rows. One of a version
    removes that version alone: if it was the newest, the one before is the object again.
    """
    source = source_of(event)
    problem, dataset = keys.landing_target(source.key) or (UNKNOWN, UNKNOWN)
    known = problem in ingest.problems and dataset in ingest.problems[problem].datasets
    if not known or source.key.endswith("/"):
        return "ignored"
    for_good = event["detail"]["deletion-type"] == _FOR_GOOD and source.version_id
    change = ingest.ledger.remove if for_good else ingest.ledger.delete
    order = change(problem, dataset, source)
    if order in ("changed", "again"):
        announce_landing(problem, dataset, source.key, ledger=ingest.ledger, bus=ingest.bus)
    return _OUTCOMES[order]
