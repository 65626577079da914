"""A batch is online: there may now be enough data for the first model."""

from __future__ import annotations

from ghosteam.documents.event import BusEvent
from ghosteam.retraining.triggers.trigger import Told, Trigger


def told(event: BusEvent) -> Told:
    """The batch; its time is that of the newest data."""
    detail = event["detail"]
    return Told(f"batch {detail['batch_id']} of {detail['dataset']} is materialized")


MEMBER = Trigger(
    name="readiness",
    short="readiness",
    event="FeaturesMaterialized",
    example={"dataset": "flights", "batch_id": "b1"},
    told=told,
    first_model_only=True,
)
