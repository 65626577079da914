"""Take the traffic from a challenger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.documents import state_keys
from ghosteam.documents.routing import Routing
from ghosteam.serving.routing import without_challenger

if TYPE_CHECKING:
    from ghosteam.aws.state import StateTable


def drop_challenger(state: StateTable, problem: str, version: str) -> Routing | None:
    """Give all traffic to the champion if ``version`` is on trial; the routing, where there is
    one.
    """
    known = state.find(problem, state_keys.ROUTING)
    if known is None:
        return None
    return state.update(
        problem,
        state_keys.ROUTING,
        lambda routing: without_challenger(routing or known, version),
    )
