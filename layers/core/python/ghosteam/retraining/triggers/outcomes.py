"""So many new outcomes have come as ``retrain.new_outcomes`` says."""

from __future__ import annotations

from ghosteam.documents.event import BusEvent
from ghosteam.retraining.triggers.trigger import Told, Trigger


def told(event: BusEvent) -> Told:
    """How many; its time is that of the newest data."""
    detail = event["detail"]
    return Told(f"{detail['outcomes']} events with an outcome came since {detail['last_run']}")


MEMBER = Trigger(
    name="outcomes",
    short="outcomes",
    event="OutcomesArrived",
    example={"outcomes": 5000, "last_run": "r1"},
    told=told,
)
