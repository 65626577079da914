"""The state documents of retraining: the lease, the runs, and the serving champion."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ghosteam.documents import state_keys
from ghosteam.errors import Busy

if TYPE_CHECKING:
    from ghosteam.aws.state import StateTable

LEASE = state_keys.RETRAINING_LEASE
RUNNING = "running"
LONGEST_RUN = timedelta(hours=12)
"""The state machine ends an execution after this time."""

_LEASE = LONGEST_RUN + timedelta(hours=1)


def new_run(
    run_id: str,
    *,
    reason: dict[str, str],
    as_of: str,
    started_at: str,
    occasion_id: str | None = None,
) -> dict[str, Any]:
    """A run's document as it begins.

    ``status``: running, then refused, registered (and from there promoted, rolled_back or
    superseded), failed, or skipped, which means that another run was at work. ``occasion_id``: that
    of the decision, which several attempts share. ``lost``: why, by family, a training job left no
    candidate. ``digests``: of what its jobs left, see :mod:`ghosteam.aws.digests`. ``notes``: what
    went wrong without changing the outcome.
    """
    return {
        "run_id": run_id,
        "occasion_id": occasion_id or run_id,
        "reason": reason,
        "as_of": as_of,
        "status": RUNNING,
        "reasons": [],
        "lost": {},
        "digests": {},
        "notes": [],
        "started_at": started_at,
        "finished_at": None,
        "version": None,
    }


def champion(state: StateTable, problem: str) -> dict[str, Any] | None:
    """The champion in the routing document, or None when no model serves."""
    routing = state.get(problem, state_keys.ROUTING)
    found: dict[str, Any] | None = routing.data.get("champion") if routing else None
    return found


def lease_holder(state: StateTable, problem: str, *, now: datetime) -> str | None:
    """Id of the run that holds the lease, or None. A lease holds nothing when its run is over (its
    end was never told), or when it has expired.
    """
    lease = state.get(problem, LEASE)
    if lease is None or datetime.fromisoformat(lease.data["expires_at"]) <= now:
        return None
    holder = str(lease.data["run_id"])
    run = state.get(problem, state_keys.run(holder))
    return holder if run is None or run.data["finished_at"] is None else None


def acquire_lease(
    state: StateTable, problem: str, *, run_id: str, execution: str, now: datetime
) -> None:
    """Take the lease for an execution; an execution that holds it already keeps it.

    A lease that holds nothing any more is taken over: the new lease says from whom, and a run that
    never ended is closed.

    Raises:
        Busy: another run is at work.
        Conflict: another one took the lease in this moment.
    """
    wanted = {
        "run_id": run_id,
        "execution": execution,
        "acquired_at": now.isoformat(),
        "expires_at": (now + _LEASE).isoformat(),
    }
    current = state.get(problem, LEASE)
    if current is None:
        state.create(problem, LEASE, wanted)
        return
    if current.data["execution"] == execution:
        return
    if holder := lease_holder(state, problem, now=now):
        raise Busy(
            f"Run {holder} is at work",
            where={"problem": problem, "run": holder},
            remedy="Wait until it is finished, or stop its execution",
        )
    former = str(current.data["run_id"])
    state.replace(problem, current, {**wanted, "taken_over_from": former})
    _close_abandoned(state, problem, former, by=run_id, now=now)


def _close_abandoned(
    state: StateTable, problem: str, run_id: str, *, by: str, now: datetime
) -> None:
    found = state.get(problem, state_keys.run(run_id))
    if found is None or found.data["finished_at"]:
        return
    reason = f"its end was never told and its lease expired; run {by} took the lease over"
    state.update(
        problem,
        found.key,
        lambda run: {
            **run,
            "status": "failed",
            "reasons": [reason],
            "finished_at": now.isoformat(),
        },
    )


def release_lease(state: StateTable, problem: str, *, execution: str) -> None:
    """Give the lease back if this execution holds it."""
    current = state.get(problem, LEASE)
    if current is not None and current.data["execution"] == execution:
        state.delete(problem, current)
