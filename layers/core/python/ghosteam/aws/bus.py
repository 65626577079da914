"""The event bus."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated
from ghosteam.documents.event import SOURCE, Event
from ghosteam.errors import Transient

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

AT_ONCE = 10
"""Events in one call, as EventBridge takes them."""
MOST_BYTES = 256 * 1024
"""Of all events in one call."""
_PAUSES = (0.2, 1.0)
"""Seconds before what the bus did not take is put once more."""


class Bus:
    """Publishes events. ``client`` is a boto3 EventBridge client."""

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, event: Event) -> None:
        """Put one event on the bus. Raises Transient when the bus did not take it."""
        self.publish_all([event])

    def publish_all(self, events: Iterable[Event]) -> None:
        """Put events on the bus, in as few calls as it allows. Raises Transient when it did not
        take one of them; those after it may be missing, too.
        """
        for some in _together(map(self._entry, events)):
            left = self._put(some)
            for pause in _PAUSES:
                if left:
                    time.sleep(pause)
                    left = self._put([entry for entry, _ in left])
            if left:
                entry, why = left[0]
                raise Transient(
                    f"The bus refused {len(left)} of {len(some)} events, the first of them "
                    f"{entry['DetailType']}: {why}",
                    where={"detail": entry["Detail"]},
                )

    def _entry(self, event: Event) -> PutEventsRequestEntryTypeDef:
        return {
            "Source": SOURCE,
            "DetailType": event.type,
            "Detail": json.dumps(event.detail(), allow_nan=False),
            "EventBusName": self._name,
        }

    def _put(
        self, entries: list[PutEventsRequestEntryTypeDef]
    ) -> list[tuple[PutEventsRequestEntryTypeDef, str]]:
        """Those that the bus did not take, and why."""
        first = entries[0]
        with translated("Publishing events", event=first["DetailType"], detail=first["Detail"]):
            answer = self._client.put_events(Entries=entries)
        return [
            (entry, f"{told['ErrorCode']}: {told.get('ErrorMessage', '')}")
            for entry, told in zip(entries, answer["Entries"], strict=True)
            if "ErrorCode" in told
        ]


def _together(
    entries: Iterable[PutEventsRequestEntryTypeDef],
) -> Iterator[list[PutEventsRequestEntryTypeDef]]:
    """Entries in order, as many a call as are allowed. Those of a call have one type: roles may put
    only some, and who checks that looks at a call as a whole.
    """
    some: list[PutEventsRequestEntryTypeDef] = []
    size = 0
    for entry in entries:
        own = sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
        other = some and entry["DetailType"] != some[0]["DetailType"]
        if some and (other or len(some) == AT_ONCE or size + own > MOST_BYTES):
            yield some
            some, size = [], 0
        some.append(entry)
        size += own
    if some:
        yield some
