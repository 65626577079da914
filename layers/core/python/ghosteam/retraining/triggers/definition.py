"""The folder was changed in what a model learns: the one that serves learned something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ghosteam.retraining.triggers.trigger import Told, Trigger


def told(event: Mapping[str, Any]) -> Told:
    """What was changed; its time is that of the newest data."""
    detail = event["detail"]
    return Told(f"the definition was changed: {detail['changed']}", None, str(detail["definition"]))


MEMBER = Trigger(
    name="definition",
    short="defined",
    event="DefinitionChanged",
    told=told,
    waits_for_data=True,
    passes_over=frozenset({"back-off", "cool-down"}),
)
