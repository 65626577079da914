"""The event bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated
from ghosteam.documents.event import SOURCE, Event
from ghosteam.errors import Transient

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef


class Bus:
    """Publishes events. ``client`` is a boto3 EventBridge client."""

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, event: Event) -> None:
        """Put one event on the bus. Raises Transient when the bus did not take it."""
        entry: PutEventsRequestEntryTypeDef = {
            "Source": SOURCE,
            "DetailType": event.type,
            "Detail": json.dumps(event.detail(), allow_nan=False),
            "EventBusName": self._name,
        }
        with translated("Publishing an event", event=event.type, problem=event.problem):
            answer = self._client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise Transient(
                f"The bus refused {event.type}: {answer['Entries'][0]}",
                where={"problem": event.problem},
            )
