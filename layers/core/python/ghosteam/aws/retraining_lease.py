"""The lease of retraining: one run a problem is at work."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ghosteam.documents import state_keys
from ghosteam.documents.retraining_lease import RetrainingLease
from ghosteam.documents.run import Run
from ghosteam.errors import Busy

if TYPE_CHECKING:
    from ghosteam.aws.state import StateTable

LEASE = state_keys.RETRAINING_LEASE
LONGEST_RUN = timedelta(hours=12)
"""The state machine ends an execution after this time."""

_LEASE = LONGEST_RUN + timedelta(hours=1)


def lease_holder(state: StateTable, problem: str, *, now: datetime) -> str | None:
    """Id of the run that holds the lease, or None. A lease holds nothing when its run is over (its
    end was never told), or when it has expired.
    """
    lease = state.find(problem, LEASE)
    if lease is None or lease.expires_at <= now:
        return None
    run = state.find(problem, state_keys.RUNS / lease.run_id)
    return lease.run_id if run is None or run.finished_at is None else None


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
    wanted = RetrainingLease(
        run_id=run_id, execution=execution, acquired_at=now, expires_at=now + _LEASE
    )
    current = state.get(problem, LEASE)
    if current is None:
        state.create(problem, LEASE, wanted)
        return
    if current.data.execution == execution:
        return
    if holder := lease_holder(state, problem, now=now):
        raise Busy(
            f"Run {holder} is at work",
            where={"problem": problem, "run": holder},
            remedy="Wait until it is finished, or stop its execution",
        )
    former = current.data.run_id
    state.replace(problem, current, replace(wanted, taken_over_from=former))
    _close_abandoned(state, problem, former, by=run_id, now=now)


def _close_abandoned(
    state: StateTable, problem: str, run_id: str, *, by: str, now: datetime
) -> None:
    reason = f"its end was never told and its lease expired; run {by} took the lease over"

    def close(run: Run) -> Run:
        if run.finished_at:
            return run
        return replace(run, status="failed", reasons=(reason,), finished_at=now)

    state.amend(problem, state_keys.RUNS / run_id, close)


def release_lease(state: StateTable, problem: str, *, execution: str) -> None:
    """Give the lease back if this execution holds it."""
    current = state.get(problem, LEASE)
    if current is not None and current.data.execution == execution:
        state.delete(problem, current)
