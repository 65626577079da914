"""What may be a reason to retrain: read from an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ghosteam.documents.occasion import Cause, Occasion
from ghosteam.errors import InvalidInput
from ghosteam.retraining.requests import parse_moment

DECIDE_AGAIN = ("RetrainingFinished", "BatchRejected", "RetrainingDue")
"""Events after which what waits is decided again."""

EVERY_PROBLEM = "RetrainingTurn"
"""What the clock sends: look whether anything is due in any problem."""

_CAUSES: Mapping[str, Cause] = {
    "FeaturesMaterialized": "readiness",
    "DriftDetected": "drift",
    "PerformanceDegraded": "performance",
    "RetrainingRequested": "request",
}


def occasion_of(event: Mapping[str, Any]) -> Occasion:
    """The occasion in an event document of the bus. Raises InvalidInput for an event that is none,
    or has an unreadable time.
    """
    kind, detail = str(event["detail-type"]), event["detail"]
    if kind not in _CAUSES:
        raise InvalidInput(
            f"{kind} is no reason to retrain",
            where={"field": "detail-type"},
            remedy=f"Send one of {', '.join(_CAUSES)}",
        )
    cause = _CAUSES[kind]
    if cause == "readiness":
        return Occasion(
            cause, f"batch {detail['batch_id']} of {detail['dataset']} is materialised", None
        )
    as_of = parse_moment(detail.get("as_of"))
    if cause == "request":
        request = str(detail.get("request_id") or event["id"])
        return Occasion(cause, str(detail.get("detail") or "requested"), as_of, request=request)
    if cause == "drift":
        text = f"{detail['features']} drifted in the window to {detail['window_end']}"
    else:
        measured = (
            f"{detail['metric']} is {detail['value']:.4f}, past its limit {detail['limit']:.4f}"
        )
        text = f"{measured}, in the window to {detail['window_end']}"
    return Occasion(cause, text, as_of)
