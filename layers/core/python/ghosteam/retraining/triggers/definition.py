"""The folder was changed in what a model learns: the one that serves learned something else."""

from __future__ import annotations

from ghosteam.documents.event import BusEvent
from ghosteam.retraining.triggers.trigger import Told, Trigger


def told(event: BusEvent) -> Told:
    """What was changed; its time is that of the newest data. A definition may come back: changes
    are told apart by when they were made.
    """
    detail = event["detail"]
    request = f"{detail['definition']} {detail.get('at', '')}"
    return Told(f"the definition was changed: {detail['changed']}", None, request)


MEMBER = Trigger(
    name="definition",
    short="defined",
    event="DefinitionChanged",
    example={
        "definition": "6f6b54536bf9",
        "at": "2013-07-08T00:00:00+00:00",
        "changed": "features.join: planes.engines added",
    },
    told=told,
    waits_for_data=True,
    unlearned_only=True,
    passes_over=frozenset({"back-off", "cool-down"}),
)
