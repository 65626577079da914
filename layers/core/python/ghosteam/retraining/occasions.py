"""What may be a reason to retrain: read from an event."""

from __future__ import annotations

from ghosteam.documents.event import BusEvent
from ghosteam.documents.occasion import Occasion
from ghosteam.errors import InvalidInput
from ghosteam.retraining.triggers.trigger import by_event

DECIDE_AGAIN = ("RetrainingFinished", "BatchRejected", "RetrainingDue")
"""Events after which what waits is decided again."""

EVERY_PROBLEM = "RetrainingTurn"
"""What the clock sends: look whether anything is due in any problem."""


def occasion_of(event: BusEvent) -> Occasion:
    """The occasion in an event document of the bus. Raises InvalidInput for an event that is none,
    or has an unreadable time.
    """
    kind, triggers = str(event["detail-type"]), by_event()
    if kind not in triggers:
        raise InvalidInput(
            f"{kind} is no reason to retrain",
            where={"field": "detail-type"},
            remedy=f"Send one of {', '.join(triggers)}",
        )
    told = triggers[kind].told(event)
    return Occasion(triggers[kind].name, told.detail, told.as_of, told.request)
