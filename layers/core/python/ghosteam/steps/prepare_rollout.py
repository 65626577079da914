"""Begin a rollout: take the problem's rollout lease and plan the slot, or say why there is nothing
to do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ghosteam.aws.champion import champion_of
from ghosteam.aws.digests import evaluation_on_record, recorded
from ghosteam.aws.runs import plan_of
from ghosteam.documents import state_keys
from ghosteam.documents.digests import digest_for
from ghosteam.documents.event import Event
from ghosteam.documents.keys import parse_uri
from ghosteam.documents.requests import ExecutedRollout
from ghosteam.errors import Busy
from ghosteam.problem.spec import Problem
from ghosteam.rollout.plan import (
    Hosting,
    RolloutPlan,
    chosen_candidate,
    holds_lease,
    plan_rollout,
    served_model,
    take_lease,
)
from ghosteam.steps.waiting_rollout import leave_queue, supersede, wait_for_turn

if TYPE_CHECKING:
    from ghosteam.aws.bus import Bus
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.plan import Plan
    from ghosteam.documents.run import Run
    from ghosteam.documents.slot import Slot


@dataclass(frozen=True)
class NothingToDo:
    """Why no rollout begins now."""

    reason: str


def prepare_rollout(
    problem: Problem,
    request: ExecutedRollout,
    *,
    state: StateTable,
    artifacts: Objects,
    bus: Bus,
    hosting: Hosting,
    now: datetime,
) -> RolloutPlan | NothingToDo:
    """The plan for ``request`` (``run_id``, ``version``, ``execution``); the same again for the
    same execution.

    There is nothing to do now when the version serves already; when another rollout is under way,
    so that this model waits its turn; or when its gates compared it with a champion that does not
    serve any more, so that it is superseded. ``force`` with ``requested_by`` in the request leaves
    the last one out, on record; ``canary: False`` leaves out the canary too.

    Raises:
        InvalidInput: the run's gates refused its model.
        NotFound: there is no such run, or it left no evaluation.
        Defect: the evaluation is not the one on record, or the model has no digest on record.
    """
    name, run_id = problem.problem, str(request["run_id"])
    version, execution = str(request["version"]), str(request["execution"])
    digests = recorded(state, name, run_id)
    measured = evaluation_on_record(artifacts, name, run_id, digests)
    chosen_candidate(measured)  # refuses what the gates refused
    served = served_model(measured, digests)
    champion = champion_of(state, name)
    plan = plan_rollout(
        problem,
        run_id=run_id,
        version=version,
        execution=execution,
        model_uri=served,
        model_digest=digest_for(digests, parse_uri(served)[1]),
        first=champion is None,
        hosting=hosting,
        canary=bool(request.get("canary", True)),
    )
    forced = bool(request.get("force"))
    if forced:
        plan = replace(plan, approval="none")  # the person who forces it has decided
    elif measured.approval:
        # The gates passed it on the condition that a person agrees; the evaluation says why.
        plan = replace(plan, approval="required")
    lease = state.find(name, state_keys.ROLLOUT_LEASE)
    if not holds_lease(lease, version=version, endpoint=plan.endpoint_name):
        if champion and champion.version == version:
            leave_queue(state, name, version)
            return NothingToDo(f"Version {version} serves already")
        stale = _stale(plan_of(artifacts, name, run_id), champion)
        if stale and not forced:
            supersede(state, name, run_id, version, stale)
            leave_queue(state, name, version)
            return NothingToDo(stale)
    if waits := _take_turn(problem, plan, request, state=state, now=now):
        return NothingToDo(waits)
    if forced:
        _note_force(state, name, run_id, request)
    ids = {"run_id": run_id, "model_version": version, "endpoint": plan.endpoint_name}
    bus.publish(Event("RolloutStarted", name, ids))
    return plan


def _take_turn(
    problem: Problem,
    plan: RolloutPlan,
    request: ExecutedRollout,
    *,
    state: StateTable,
    now: datetime,
) -> str | None:
    """Take the lease; or let the model wait, and say so."""
    name, execution = problem.problem, str(request["execution"])

    def take() -> None:
        state.update(
            name,
            state_keys.ROLLOUT_LEASE,
            lambda current: take_lease(current, problem, plan, execution=execution, now=now),
        )

    try:
        take()
    except Busy:
        wait_for_turn(state, name, request, now=now)
        try:
            # The other one may have ended between the two: it looked at who waits before this model
            # did.
            take()
        except Busy as error:
            return f"{error.message}; version {plan.version} waits for its turn"
    leave_queue(state, name, plan.version)
    return None


def _stale(plan: Plan, champion: Slot | None) -> str | None:
    """Why the gates that a model passed say nothing about today's champion, or None."""
    judged = plan.champion.version if plan.champion else None
    serving = champion.version if champion else None
    if serving is None or judged == serving:
        return None
    against = f"against version {judged}" if judged else "without a champion"
    return f"its gates judged it {against}, and version {serving} serves now; retrain, or force it"


def _note_force(state: StateTable, problem: str, run_id: str, request: ExecutedRollout) -> None:
    told = (
        f"rolled out by force, asked for by {request.get('requested_by', 'nobody named')}: "
        f"{request.get('reason', '')}"
    )

    def change(run: Run) -> Run:
        return replace(run, notes=(*(note for note in run.notes if note != told), told))

    state.amend(problem, state_keys.RUNS / run_id, change)
