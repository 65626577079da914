"""What may be a reason to retrain: read from an event, kept while it has to wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ghosteam.errors import InvalidInput
from ghosteam.retraining.triggers.trigger import by_event

DECIDE_AGAIN = ("RetrainingFinished", "BatchRejected", "RetrainingDue")
"""Events after which what waits is decided again."""

EVERY_PROBLEM = "RetrainingTurn"
"""What the clock sends: look whether anything is due in any problem."""


@dataclass(frozen=True)
class Occasion:
    """What may be a reason to retrain: its cause, its words, and the business time it speaks of
    (None: the newest data's).

    ``cause`` is the trigger's name. ``request`` tells a person's requests apart.
    """

    cause: str
    detail: str
    as_of: datetime | None
    request: str = ""

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        as_of = self.as_of.isoformat() if self.as_of else None
        return {"cause": self.cause, "detail": self.detail, "as_of": as_of, "request": self.request}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Occasion:
        """Inverse of :meth:`to_json`."""
        as_of = datetime.fromisoformat(data["as_of"]) if data["as_of"] else None
        return cls(data["cause"], data["detail"], as_of, data["request"])


def occasion_of(event: Mapping[str, Any]) -> Occasion:
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


def waiting_document(
    occasion_id: str,
    occasion: Mapping[str, Any],
    *,
    reason: str,
    since: datetime,
    for_run: str | None = None,
    not_before: datetime | None = None,
) -> dict[str, Any]:
    """What :func:`~ghosteam.retraining.backoff.due_retries` looks at. ``for_run``: the run that
    must be over first.
    """
    return {
        "occasion_id": occasion_id,
        "occasion": dict(occasion),
        "reason": reason,
        "for_run": for_run,
        "not_before": not_before.isoformat() if not_before else None,
        "since": since.isoformat(),
    }
