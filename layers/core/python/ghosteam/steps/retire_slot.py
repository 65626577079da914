"""Take down an endpoint that no routing uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ghosteam.documents import state_keys
from ghosteam.errors import Conflict
from ghosteam.serving.routing import serving_endpoints, without_replaced

if TYPE_CHECKING:
    from ghosteam.aws.endpoints import EndpointAdmin
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.routing import Routing


def retire_slot(
    endpoint: str, *, problems: Iterable[str], state: StateTable, admin: EndpointAdmin
) -> str | None:
    """Delete ``endpoint``, its configuration and its model; harmless when they are gone.

    An endpoint that serves (its model was brought back while it was kept) stays, and the one that
    was kept in its place is deleted instead. Returns the name of what was deleted.

    Raises:
        Conflict: the endpoint got traffic in this moment.
        Transient: the endpoint is in the midst of a change.
    """
    for problem in problems:
        routing = state.find(problem, state_keys.ROUTING)
        if routing and endpoint in serving_endpoints(routing):
            kept = routing.replaced
            if kept is None or kept.endpoint in serving_endpoints(routing):
                return None
            endpoint = kept.endpoint
            break

    for problem in problems:

        def forget(routing: Routing, problem: str = problem) -> Routing:
            if endpoint in serving_endpoints(routing):
                raise Conflict(
                    "The endpoint still gets traffic",
                    where={"problem": problem, "endpoint": endpoint},
                    remedy="Shift its traffic away first",
                )
            return without_replaced(routing, endpoint)

        state.amend(problem, state_keys.ROUTING, forget)
    admin.retire(endpoint)
    return endpoint
