"""So long after the last run as ``retrain.every`` says another one is due."""

from __future__ import annotations

from ghosteam.documents.event import BusEvent
from ghosteam.retraining.triggers.trigger import Told, Trigger


def told(event: BusEvent) -> Told:
    """Since when it is due; its time is that of the newest data."""
    detail = event["detail"]
    return Told(f"a run is due {detail['every']} after {detail['last_run']}, since {detail['due']}")


MEMBER = Trigger(
    name="schedule",
    short="schedule",
    event="RetrainingScheduled",
    example={"every": "30d", "last_run": "r1", "due": "2013-07-08 00:00 UTC"},
    told=told,
)
