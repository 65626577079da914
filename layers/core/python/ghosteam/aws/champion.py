"""Which model serves a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.documents import state_keys

if TYPE_CHECKING:
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.slot import Slot


def champion_of(state: StateTable, problem: str) -> Slot | None:
    """The champion in the routing, or None when no model serves."""
    routing = state.find(problem, state_keys.ROUTING)
    return routing.champion if routing else None
