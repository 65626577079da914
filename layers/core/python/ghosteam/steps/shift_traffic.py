"""Give a version's endpoint its share of the traffic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ghosteam.aws.digests import evaluation_on_record, recorded
from ghosteam.documents import keys, state_keys
from ghosteam.errors import Conflict
from ghosteam.rollout.plan import holds_lease, slot_of
from ghosteam.serving.routing import with_challenger, with_first_champion

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable


def shift_traffic(
    request: Mapping[str, Any], *, state: StateTable, artifacts: Objects, now: datetime
) -> dict[str, Any]:
    """Make the endpoint champion when there is none, else challenger with ``percent`` of the
    traffic.

    ``request``: ``problem``, ``version``, ``run_id``, ``endpoint_name``, ``percent``.
    Returns ``{"since", "slot"}``; repeating it keeps ``since``.

    Raises:
        Conflict: this rollout does not hold the lease.
        NotFound: the run left no plan or evaluation.
        Defect: the evaluation is not the one on record.
    """
    problem, version, run_id, endpoint = (
        request[name] for name in ("problem", "version", "run_id", "endpoint_name")
    )
    lease = state.get(problem, state_keys.ROLLOUT_LEASE)
    if not holds_lease(lease.data if lease else None, version=version, endpoint=endpoint):
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
        plan=artifacts.get_json(keys.plan(problem, run_id)),
        evaluation=evaluation_on_record(artifacts, problem, run_id, digests),
        digests=digests,
    )

    def change(routing: dict[str, Any] | None) -> dict[str, Any]:
        if routing is None or routing["champion"] is None:
            return with_first_champion(routing, slot, salt=run_id)
        return with_challenger(
            routing, slot, percent=int(request["percent"]), since=now, salt=run_id
        )

    routing = state.update(problem, state_keys.ROUTING, change).data
    challenger = routing["challenger"]
    if challenger and challenger["endpoint"] == endpoint:
        return {"slot": "challenger", "since": challenger["since"]}
    return {"slot": "champion", "since": now.isoformat()}
