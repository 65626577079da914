"""A person asks for a run."""

from __future__ import annotations

from ghosteam.documents.event import BusEvent
from ghosteam.retraining.requests import parse_moment
from ghosteam.retraining.triggers.trigger import Told, Trigger


def told(event: BusEvent) -> Told:
    """The person's words and time, where there are any, and the request's id, or the event's."""
    detail = event["detail"]
    return Told(
        str(detail.get("detail") or "requested"),
        parse_moment(detail.get("as_of")),
        str(detail.get("request_id") or event["id"]),
    )


MEMBER = Trigger(
    name="request",
    short="request",
    event="RetrainingRequested",
    example={
        "as_of": "2013-07-08T00:00:00+00:00",
        "request_id": "q1",
        "detail": "new prices",
    },
    told=told,
    passes_over=frozenset({"back-off", "cool-down", "budget"}),
    asked=True,
)
