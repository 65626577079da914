"""Keeping the model has cost as much as another run would."""

from __future__ import annotations

from ghosteam.documents.event import BusEvent
from ghosteam.retraining.requests import parse_moment
from ghosteam.retraining.triggers.trigger import Told, Trigger


def told(event: BusEvent) -> Told:
    """What was lost, what a run costs, and the window's end."""
    detail = event["detail"]
    return Told(
        f"decisions of version {detail['model_version']} brought ${detail['lost']:.2f} less than "
        f"was promised, and a run costs ${detail['price']:.2f}, in the windows to "
        f"{detail['window_end']}",
        parse_moment(detail.get("as_of")),
    )


MEMBER = Trigger(
    name="regret",
    short="regret",
    event="RegretReached",
    example={
        "as_of": "2013-07-08T00:00:00+00:00",
        "window_end": "2013-07-08T00:00:00+00:00",
        "lost": 3.2,
        "price": 3.17,
        "model_version": "1",
    },
    told=told,
)
