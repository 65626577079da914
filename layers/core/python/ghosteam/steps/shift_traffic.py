"""Give a version's endpoint its share of the traffic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ghosteam.aws.digests import evaluation_on_record, recorded
from ghosteam.aws.runs import plan_of
from ghosteam.documents import state_keys
from ghosteam.errors import Conflict
from ghosteam.rollout.plan import holds_lease, slot_of
from ghosteam.runtime.calls import Shift
from ghosteam.serving.routing import SlotName, with_challenger, with_first_champion

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.routing import Routing


@dataclass(frozen=True)
class Shifted:
    """The endpoint's slot, and since when it gets traffic."""

    slot: SlotName
    since: datetime


def shift_traffic(
    request: Shift, *, state: StateTable, artifacts: Objects, now: datetime
) -> Shifted:
    """Make the endpoint champion when there is none, else challenger with ``percent`` of the
    traffic.

    ``request``: ``problem``, ``version``, ``run_id``, ``endpoint_name``, ``percent``.
    Repeating it keeps ``since``.

    Raises:
        Conflict: this rollout does not hold the lease.
        NotFound: the run left no plan or evaluation.
        Defect: the evaluation is not the one on record.
    """
    problem, version = request["problem"], request["version"]
    run_id, endpoint = request["run_id"], request["endpoint_name"]
    lease = state.find(problem, state_keys.ROLLOUT_LEASE)
    if not holds_lease(lease, version=version, endpoint=endpoint):
        raise Conflict(
            "This rollout does not hold the lease any more",
            where={"problem": problem, "version": version, "endpoint": endpoint},
            remedy="Start the rollout again",
        )
    digests = recorded(state, problem, run_id)
    slot = slot_of(
        problem=problem,
        version=version,
        endpoint=endpoint,
        run_id=run_id,
        plan=plan_of(artifacts, problem, run_id),
        evaluation=evaluation_on_record(artifacts, problem, run_id, digests),
        digests=digests,
    )

    def change(routing: Routing | None) -> Routing:
        if routing is None or routing.champion is None:
            return with_first_champion(routing, slot, salt=run_id)
        return with_challenger(
            routing, slot, percent=int(request["percent"]), since=now, salt=run_id
        )

    challenger = state.update(problem, state_keys.ROUTING, change).challenger
    if challenger and challenger.endpoint == endpoint:
        return Shifted("challenger", challenger.since)
    return Shifted("champion", now)
