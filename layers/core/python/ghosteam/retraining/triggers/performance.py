"""Outcomes show that the model is worse than it promised."""

from __future__ import annotations

from ghosteam.documents.event import BusEvent
from ghosteam.retraining.requests import parse_moment
from ghosteam.retraining.triggers.trigger import Told, Trigger


def told(event: BusEvent) -> Told:
    """The metric with its limit, and the window's end."""
    detail = event["detail"]
    measured = f"{detail['metric']} is {detail['value']:.4f}, "
    if "drop" in detail:
        measured = str(detail["drop"])
    elif "skill" in detail:
        measured += (
            f"and its skill of {detail['skill']:.4f} surely under its limit "
            f"{detail['skill_limit']:.4f}"
        )
    else:
        measured += f"past its limit {detail['limit']:.4f}"
    return Told(
        f"{measured}, in the window to {detail['window_end']}", parse_moment(detail.get("as_of"))
    )


MEMBER = Trigger(
    name="performance",
    short="perf",
    event="PerformanceDegraded",
    example={
        "as_of": "2013-07-08T00:00:00+00:00",
        "window_end": "2013-07-08T00:00:00+00:00",
        "metric": "roc_auc",
        "value": 0.61,
        "limit": 0.64,
    },
    told=told,
)
