"""What is done with an event about a landing object: read it, read it again, or withdraw it."""

from __future__ import annotations

from datetime import datetime

from ghosteam.json_object import JsonObject
from ghosteam.steps.ingest_file import Ingest, ingest_file
from ghosteam.steps.read_again import read_again
from ghosteam.steps.withdraw_file import withdraw_file


def follow_landing(event: JsonObject, ingest: Ingest, *, now: datetime) -> str:
    """``now``: wall clock, UTC. Returns what became of it."""
    if event["detail-type"] == "Object Deleted":
        return withdraw_file(event, ingest)
    if event["detail-type"] == "ReadAgain":
        return read_again(event, ingest)
    return ingest_file(event, ingest, now=now)
