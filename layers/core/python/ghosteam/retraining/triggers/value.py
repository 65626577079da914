"""Predictions bring less a day than was promised, by more than is allowed."""

from __future__ import annotations

from ghosteam.documents.event import BusEvent
from ghosteam.retraining.requests import parse_moment
from ghosteam.retraining.triggers.trigger import Told, Trigger


def told(event: BusEvent) -> Told:
    """What is lost a day with its limit, and the window's end."""
    detail = event["detail"]
    return Told(
        f"predictions of version {detail['model_version']} brought {detail['lost']:,.4g} a day "
        f"less than was promised, surely {detail['least']:,.4g}, and {detail['limit']:,.4g} is "
        f"allowed, in the window to {detail['window_end']}",
        parse_moment(detail.get("as_of")),
    )


MEMBER = Trigger(
    name="value",
    short="value",
    event="ValueDropped",
    example={
        "as_of": "2013-07-08T00:00:00+00:00",
        "window_end": "2013-07-08T00:00:00+00:00",
        "lost": 675.0,
        "least": 402.1,
        "limit": 400.0,
        "model_version": "1",
    },
    told=told,
)
