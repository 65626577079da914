"""Begin a rollout: take the problem's rollout lease and plan the slot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ghosteam import layout
from ghosteam.errors import Conflict
from ghosteam.layout import evaluation
from ghosteam.problem.spec import Problem
from ghosteam.runtime.events import Event
from ghosteam.serving.rollout import LEASE, Hosting, chosen_candidate, holds_lease, plan_rollout, take_lease

if TYPE_CHECKING:
    from ghosteam.aws.bus import Bus
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable


def prepare_rollout(
    problem: Problem,
    request: Mapping[str, Any],
    *,
    state: StateTable,
    artifacts: Objects,
    bus: Bus,
    hosting: Hosting,
    now: datetime,
) -> dict[str, Any]:
    """The plan for ``request`` (``run_id``, ``version``, ``execution``); the same again for the same execution.

    Raises:
        Conflict: another rollout is under way, or the version serves already.
        InvalidInput: the run's gates refused its model.
        NotFound: the run left no evaluation.
    """
    run_id, version, execution = request["run_id"], request["version"], request["execution"]
    measured = artifacts.get_json(evaluation(problem.problem, run_id))
    chosen = chosen_candidate(measured)
    routing = state.get(problem.problem, layout.ROUTING)
    champion = routing.data["champion"] if routing else None
    plan = plan_rollout(
        problem,
        run_id=run_id,
        version=version,
        execution=execution,
        model_uri=chosen["model_uri"],
        first=champion is None,
        hosting=hosting,
    )
    if measured.get("approval"):
        # The gates passed it on the condition that a person agrees; the evaluation says why.
        plan["approval"] = "required"
    lease = state.get(problem.problem, LEASE)
    ours = holds_lease(lease.data if lease else None, version=version, endpoint=plan["endpoint_name"])
    if champion and champion["version"] == version and not ours:
        raise Conflict(
            f"Version {version} serves already", where={"problem": problem.problem}, remedy="There is nothing to roll out"
        )
    state.update(problem.problem, LEASE, lambda current: take_lease(current, problem, plan, execution=execution, now=now))
    bus.publish(
        Event("RolloutStarted", problem.problem, {"run_id": run_id, "model_version": version, "endpoint": plan["endpoint_name"]})
    )
    return plan
