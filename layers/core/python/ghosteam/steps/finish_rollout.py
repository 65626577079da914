"""End a rollout: promote the challenger or drop it, in the routing, the registry and the run's
record.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ghosteam.aws.model_registry import ModelRegistry
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.documents.run import Run, RunReason, RunStatus
from ghosteam.errors import Conflict, GhosteamError, InvalidInput
from ghosteam.rollout.plan import holds_lease
from ghosteam.runtime.calls import RolloutEnd
from ghosteam.runtime.observability import logger
from ghosteam.serving.routing import serving_endpoints, with_promotion, without_challenger
from ghosteam.steps.registry_notes import tell_registry, write_note
from ghosteam.steps.waiting_rollout import leave_queue, next_turn

if TYPE_CHECKING:
    from ghosteam.aws.bus import Bus
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.routing import Routing


def finish_rollout(
    request: RolloutEnd, *, state: StateTable, bus: Bus, registry: ModelRegistry, now: datetime
) -> str | None:
    """Carry out ``request["verdict"]``; returns the name of the endpoint that is needed no more, if
    there is one.

    ``request``: ``problem``, ``version``, ``run_id``, ``verdict`` (``promote`` or ``roll_back``),
    ``reason``, and ``endpoint_name`` where it is known. Each step may be repeated, and the lease
    goes last, so that a repeat after any failure ends in the same state.

    Raises:
        Conflict: the version cannot be promoted because it has no traffic, or cannot be rolled back
            because it is champion.
    """
    problem, version = request["problem"], request["version"]
    run_id, verdict = request["run_id"], request["verdict"]
    # A failed state's cause can be a whole stack trace; events and records carry its begin.
    reason = str(request["reason"])[:500]
    if verdict not in ("promote", "roll_back"):
        raise InvalidInput(
            f"{verdict!r} does not end a rollout",
            where={"problem": problem},
            remedy="Use promote or roll_back",
        )
    lease = state.get(problem, state_keys.ROLLOUT_LEASE)
    if lease is None or not holds_lease(
        lease.data, version=version, endpoint=request.get("endpoint_name")
    ):
        # It ended before and only the answer was lost, or it never began: the run's record knows.
        run = state.find(problem, state_keys.RUNS / run_id)
        return run.retire if run else None

    promotes = verdict == "promote"
    retire = (_promote if promotes else _roll_back)(state, problem, version, lease.data.endpoint)
    write_note(state, problem, version, "promoted" if promotes else "rolled back", now=now)
    ids = {"run_id": run_id, "model_version": version, "reason": reason}
    bus.publish(Event("ModelPromoted" if promotes else "RolloutRolledBack", problem, ids))
    _record(
        state,
        problem,
        run_id,
        version,
        "promoted" if promotes else "rolled_back",
        reason,
        retire,
        now,
    )
    approval = state.get(problem, state_keys.APPROVAL)
    if approval and approval.data.version == version:
        state.delete(problem, approval)
    state.delete(problem, lease)
    leave_queue(state, problem, version)
    next_turn(state, bus, problem)
    try:
        tell_registry(state, problem, registry)
    except GhosteamError as error:
        # It records and decides nothing: the reconciler tells it later.
        logger.warning(
            "the registry was not told of the rollout", extra={"fault": error.as_record()}
        )
    return retire


def _promote(state: StateTable, problem: str, version: str, _endpoint: str) -> str | None:
    def change(routing: Routing | None) -> Routing:
        promoted = with_promotion(routing, version) if routing else None
        if promoted is None or promoted.champion is None or promoted.champion.version != version:
            raise Conflict(
                f"Version {version} gets no traffic and cannot be promoted",
                where={"problem": problem},
                remedy="Roll it out again",
            )
        return promoted

    replaced = state.update(problem, state_keys.ROUTING, change).replaced
    return replaced.endpoint if replaced else None


def _roll_back(state: StateTable, problem: str, version: str, endpoint: str) -> str:
    routing = state.amend(problem, state_keys.ROUTING, lambda now: without_challenger(now, version))
    if endpoint in serving_endpoints(routing):
        raise Conflict(
            f"Version {version} is champion and cannot be rolled back",
            where={"problem": problem, "endpoint": endpoint},
            remedy="Finish the rollout with the verdict 'promote'",
        )
    return endpoint


def _record(
    state: StateTable,
    problem: str,
    run_id: str,
    version: str,
    status: RunStatus,
    reason: str,
    retire: str | None,
    now: datetime,
) -> None:
    def change(run: Run | None) -> Run:
        run = run or _unknown_run(run_id, now)
        return replace(
            run,
            status=status,
            version=version,
            reasons=(*(text for text in run.reasons if text != reason), reason),
            retire=retire,
            rolled_out_at=now,
        )

    state.update(problem, state_keys.RUNS / run_id, change)


def _unknown_run(run_id: str, now: datetime) -> Run:
    """The document of a run that left none."""
    return Run(
        run_id=run_id,
        occasion_id=run_id,
        reason=RunReason("rollout", "rolled out without a document of its run"),
        as_of=now,
        started_at=now,
        finished_at=now,
    )
