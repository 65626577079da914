"""What a trigger is, and which there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from ghosteam.documents.event import BusEvent, EventType, Scalar
from ghosteam.problem.triggers import TRIGGERS as NAMED
from ghosteam.registry import Registry

Rule = Literal["back-off", "cool-down", "budget"]
"""What holds a run back: failures just before, the time since the last run, the month's money."""


@dataclass(frozen=True)
class Told:
    """What an event says of the occasion: why, in words, and the business time that it speaks of
    (aware UTC; None: the newest data's). ``request`` tells a person's requests apart.
    """

    detail: str
    as_of: datetime | None = None
    request: str = ""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """A reason to start a run.

    ``short``: its name in run ids, at most nine letters or digits. ``event``: the type of the bus
    event that it comes from, no other trigger's; ``example``: what the detail of one says beside
    the problem, for the contract. ``told`` reads the event's document and raises InvalidInput for a
    time that cannot be read. ``passes_over``: the rules that do not hold it
    back. ``first_model_only``: it starts nothing once there is a model, and waits until what has
    landed is online. ``waits_for_data``: it waits for data that are missing, or made anew, where
    others pass. ``unlearned_only``: it starts nothing where the model that serves learned by the
    definition in force. ``asked``: a person asks for it, so ``retrain.on`` need not name it, and it
    is told what is missing.
    """

    name: str
    short: str
    event: EventType
    example: Mapping[str, Scalar]
    told: Callable[[BusEvent], Told]
    passes_over: frozenset[Rule] = frozenset()
    first_model_only: bool = False
    waits_for_data: bool = False
    unlearned_only: bool = False
    asked: bool = False


TRIGGERS = cast("Registry[Trigger]", NAMED)


def by_event() -> dict[str, Trigger]:
    """Every trigger by the type of its event."""
    members = (TRIGGERS.find(name) for name in TRIGGERS.names)
    return {trigger.event: trigger for trigger in members}
