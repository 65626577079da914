"""Look at a deployment, plan its repairs and make them; each says on the bus what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ghosteam.aws.champion import champion_of
from ghosteam.aws.runs import runs_of
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.errors import GhosteamError
from ghosteam.problem.spec import Problem
from ghosteam.rollout.repairs import (
    CloseRun,
    Documents,
    EndRollout,
    GoOnRebuilding,
    Observed,
    Repair,
    RestoreChampion,
    RetireEndpoint,
    StartWaiting,
    TellRegistry,
    plan_repairs,
)
from ghosteam.runtime.calls import RolloutEnd
from ghosteam.runtime.observability import count, logger, measure
from ghosteam.serving.routing import without_champion
from ghosteam.steps.finish_rollout import finish_rollout
from ghosteam.steps.missing_files import tell_missing_files
from ghosteam.steps.registry_notes import pending_notes, tell_registry
from ghosteam.steps.retire_slot import retire_slot
from ghosteam.steps.waiting_rollout import next_turn

if TYPE_CHECKING:
    from ghosteam.aws.bus import Bus
    from ghosteam.aws.endpoints import EndpointAdmin
    from ghosteam.aws.model_registry import ModelRegistry
    from ghosteam.aws.state import StateTable

_QUIET = (TellRegistry, StartWaiting)
"""Repairs that are a matter of course: they are logged, and nobody is called."""


@dataclass(frozen=True)
class Reconciling:
    """``is_running`` answers for an execution's ARN; ``close_run`` closes the run of an execution
    that ended.
    """

    state: StateTable
    bus: Bus
    admin: EndpointAdmin
    registry: ModelRegistry
    is_running: Callable[[str], bool]
    close_run: Callable[[str], object]
    name_prefix: str


def carry_out_repairs(
    problems: Mapping[str, Problem], adapters: Reconciling, *, now: datetime
) -> list[dict[str, object]]:
    """Returns the repairs that were made. One that fails is logged and left to the next turn.

    Raises:
        GhosteamError: the last of the repairs that failed, after all were tried.
    """
    documents = {name: _documents(adapters.state, problem) for name, problem in problems.items()}
    made, endpoints = adapters.admin.made(f"{adapters.name_prefix}-")
    leases = [
        lease
        for one in documents.values()
        for lease in (one.rollout_lease, one.retraining_lease)
        if lease
    ]
    running = frozenset(lease.execution for lease in leases if adapters.is_running(lease.execution))
    done, failure = [], None
    for repair in plan_repairs(documents, Observed(made, endpoints, running), now=now):
        told = {"repair": type(repair).__name__, **asdict(repair)}
        try:
            _carry_out(repair, problems, adapters, now)
        except GhosteamError as error:
            logger.error("a repair failed", extra={"told": told, "fault": error.as_record()})
            failure = error
            continue
        logger.warning("repaired", extra={"told": told})
        done.append(told)
        if not isinstance(repair, _QUIET):
            count("Repairs", 1)
            adapters.bus.publish(Event("Reconciled", repair.problem or "", _ids(told)))
    for name, problem in problems.items():
        _show_routing(name, adapters.state)
        tell_missing_files(problem, adapters.state, now=now)
    if failure:
        raise failure
    return done


def _show_routing(problem: str, state: StateTable) -> None:
    """Who serves, as metrics: after what was repaired, and at every turn, so that a chart has no
    holes.
    """
    routing = state.find(problem, state_keys.ROUTING)
    if routing is None:
        return
    percent = routing.challenger.percent if routing.challenger else 0
    measure("ChallengerPercent", percent, Problem=problem)
    if routing.champion and routing.champion.version.isdecimal():
        measure("ModelVersion", int(routing.champion.version), Problem=problem)


def _documents(state: StateTable, problem: Problem) -> Documents:
    name = problem.problem
    rebuild = state.find(name, state_keys.REBUILD)
    return Documents(
        routing=state.find(name, state_keys.ROUTING),
        rollout_lease=state.find(name, state_keys.ROLLOUT_LEASE),
        retraining_lease=state.find(name, state_keys.RETRAINING_LEASE),
        waiting=state.find(name, state_keys.WAITING_ROLLOUT),
        runs={run.run_id: run for run in runs_of(state, name)},
        notes=tuple(note.data.version for note in pending_notes(state, name)),
        hold=problem.serve.rollback_hold,
        rebuilt_at=rebuild.moved_at if rebuild else None,
    )


def _carry_out(
    repair: Repair, problems: Mapping[str, Problem], adapters: Reconciling, now: datetime
) -> None:
    state, bus = adapters.state, adapters.bus
    match repair:
        case EndRollout():
            request: RolloutEnd = {
                "problem": repair.problem,
                "version": repair.version,
                "run_id": repair.run_id,
                "endpoint_name": repair.endpoint,
                "verdict": _verdict(state, repair),
                "reason": repair.reason,
            }
            finish_rollout(request, state=state, bus=bus, registry=adapters.registry, now=now)
        case CloseRun():
            adapters.close_run(repair.execution)
        case StartWaiting():
            next_turn(state, bus, repair.problem)
        case TellRegistry():
            tell_registry(state, repair.problem, adapters.registry)
        case RestoreChampion():
            state.amend(
                repair.problem,
                state_keys.ROUTING,
                lambda routing: without_champion(routing, repair.endpoint),
            )
            asked: dict[str, str | bool] = {
                "force": True,
                "canary": False,
                "requested_by": "the reconciler",
                "reason": "its endpoint was gone",
            }
            ids: dict[str, str | bool] = {
                "run_id": repair.run_id,
                "version": repair.version,
                **asked,
            }
            bus.publish(Event("ModelRegistered", repair.problem, ids))
        case GoOnRebuilding():
            bus.publish(Event("RebuildDue", repair.problem))
        case RetireEndpoint():
            retire_slot(repair.name, problems=problems, state=state, admin=adapters.admin)


def _verdict(state: StateTable, repair: EndRollout) -> str:
    """A version that is champion already was promoted, and only the rest of the step is missing."""
    champion = champion_of(state, repair.problem)
    return "promote" if champion and champion.endpoint == repair.endpoint else "roll_back"


def _ids(told: Mapping[str, object]) -> dict[str, str]:
    return {
        name: str(value) for name, value in told.items() if name != "problem" and value is not None
    }
