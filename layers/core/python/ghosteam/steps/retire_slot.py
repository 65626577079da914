"""Take down an endpoint that no routing uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ghosteam.documents import state_keys
from ghosteam.errors import Conflict
from ghosteam.serving.routing import serving_endpoints

if TYPE_CHECKING:
    from ghosteam.aws.endpoints import EndpointAdmin
    from ghosteam.aws.state import StateTable


def retire_slot(
    endpoint: str, *, problems: Iterable[str], state: StateTable, admin: EndpointAdmin
) -> dict[str, Any]:
    """Delete ``endpoint``, its configuration and its model; harmless when they are gone.

    An endpoint that serves (its model was brought back while it was kept) stays, and the one that
    was kept in its place is deleted instead. Returns ``{"retired": name | None}``.

    Raises:
        Conflict: the endpoint got traffic in this moment.
        Transient: the endpoint is in the midst of a change.
    """
    for problem in problems:
        document = state.get(problem, state_keys.ROUTING)
        if document and endpoint in serving_endpoints(document.data):
            kept = document.data.get("replaced")
            if kept is None or kept["endpoint"] in serving_endpoints(document.data):
                return {"retired": None}
            endpoint = kept["endpoint"]
            break

    def forget(problem: str, routing: dict[str, Any]) -> dict[str, Any]:
        if endpoint in serving_endpoints(routing):
            raise Conflict(
                "The endpoint still gets traffic",
                where={"problem": problem, "endpoint": endpoint},
                remedy="Shift its traffic away first",
            )
        replaced = routing.get("replaced")
        gone = replaced is not None and replaced["endpoint"] == endpoint
        return {name: value for name, value in routing.items() if not (gone and name == "replaced")}

    for problem in problems:
        document = state.get(problem, state_keys.ROUTING)
        if document and forget(problem, document.data) != document.data:
            state.update(
                problem,
                state_keys.ROUTING,
                lambda routing, problem=problem: forget(problem, routing),
            )
    admin.retire(endpoint)
    return {"retired": endpoint}
