"""Drift was sustained: what is predicted no longer looks like what the model learned from."""

from __future__ import annotations

from ghosteam.documents.event import BusEvent
from ghosteam.retraining.requests import parse_moment
from ghosteam.retraining.triggers.trigger import Told, Trigger


def told(event: BusEvent) -> Told:
    """The features, and the window's end."""
    detail = event["detail"]
    return Told(
        f"{detail['features']} drifted in the window to {detail['window_end']}",
        parse_moment(detail.get("as_of")),
    )


MEMBER = Trigger(
    name="drift",
    short="drift",
    event="DriftDetected",
    example={
        "as_of": "2013-07-08T00:00:00+00:00",
        "window_end": "2013-07-08T00:00:00+00:00",
        "features": "weather__temp",
        "model_version": "1",
    },
    told=told,
)
