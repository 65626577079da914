"""The state documents of retraining: the lease, the runs, and the serving champion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ghosteam import layout
from ghosteam.errors import Conflict

if TYPE_CHECKING:
    from ghosteam.aws.state import StateTable

LEASE = "lease#retraining"
RUNNING = "running"


def new_run(run_id: str, *, reason: dict[str, str], as_of: str, started_at: str) -> dict[str, Any]:
    """A run's document as it begins."""
    return {
        "run_id": run_id,
        "reason": reason,
        "as_of": as_of,
        "status": RUNNING,
        "reasons": [],
        "started_at": started_at,
        "finished_at": None,
        "version": None,
    }


def champion(state: StateTable, problem: str) -> dict[str, Any] | None:
    """The champion in the routing document, or None when no model serves."""
    routing = state.get(problem, layout.ROUTING)
    found: dict[str, Any] | None = routing.data.get("champion") if routing else None
    return found


def lease_holder(state: StateTable, problem: str) -> str | None:
    """Id of the run that holds the lease, or None. A lease whose run is over (its end was never told) holds nothing."""
    lease = state.get(problem, LEASE)
    if lease is None:
        return None
    holder = str(lease.data["run_id"])
    run = state.get(problem, layout.run_document(holder))
    return holder if run is None or run.data["finished_at"] is None else None


def acquire_lease(state: StateTable, problem: str, *, run_id: str, execution: str, now: str) -> None:
    """Take the lease for an execution; an execution that holds it already keeps it. Raises Conflict while another run is
    at work.
    """
    wanted = {"run_id": run_id, "execution": execution, "acquired_at": now}
    current = state.get(problem, LEASE)
    if current is None:
        state.create(problem, LEASE, wanted)
        return
    if current.data["execution"] == execution:
        return
    if holder := lease_holder(state, problem):
        raise Conflict(
            "Another retraining run is at work",
            where={"problem": problem, "run": holder},
            remedy="Wait until it is finished, or stop its execution",
        )
    state.replace(problem, current, wanted)


def release_lease(state: StateTable, problem: str, *, execution: str) -> None:
    """Give the lease back if this execution holds it."""
    current = state.get(problem, LEASE)
    if current is not None and current.data["execution"] == execution:
        state.delete(problem, current)
