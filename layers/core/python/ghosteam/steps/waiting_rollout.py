"""The registered model that waits for its turn while another one is being rolled out.

One model a problem waits, the newest. An older one that waited is superseded, on record in its run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.documents.waiting_rollout import WaitingRollout

if TYPE_CHECKING:
    from ghosteam.aws.bus import Bus
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.requests import RolloutRequest
    from ghosteam.documents.run import Run


def wait_for_turn(
    state: StateTable, problem: str, request: RolloutRequest, *, now: datetime
) -> None:
    """Let the model of ``request`` be the next; repeating it changes nothing. A newer one that
    waits stays.
    """
    wanted = WaitingRollout(
        run_id=str(request["run_id"]),
        version=str(request["version"]),
        since=now,
        force=bool(request.get("force")),
        requested_by=request.get("requested_by"),
        reason=request.get("reason"),
    )
    superseded: list[WaitingRollout] = []

    def change(current: WaitingRollout | None) -> WaitingRollout:
        superseded.clear()
        if current and int(current.version) >= int(wanted.version):
            if current.version != wanted.version:
                superseded.append(wanted)
            return current
        if current:
            superseded.append(current)
        return wanted

    next_one = state.update(problem, state_keys.WAITING_ROLLOUT, change)
    for one in superseded:
        why = f"version {next_one.version} is newer and waits for the same turn"
        supersede(state, problem, one.run_id, one.version, why)


def next_turn(state: StateTable, bus: Bus, problem: str) -> str | None:
    """Start the rollout of the model that waits, by the event that starts every rollout; its
    version, or None.

    The event goes out first: told twice, the second rollout meets the first and is turned away.
    """
    waiting = state.find(problem, state_keys.WAITING_ROLLOUT)
    if waiting is None:
        return None
    ids: dict[str, str | int | float | bool | None] = {
        "run_id": waiting.run_id,
        "version": waiting.version,
    }
    if waiting.force:
        asked = {"requested_by": waiting.requested_by, "reason": waiting.reason}
        ids |= {"force": True, **{name: told for name, told in asked.items() if told is not None}}
    bus.publish(Event("ModelRegistered", problem, ids))
    return waiting.version


def leave_queue(state: StateTable, problem: str, version: str) -> None:
    """The model waits no longer: its rollout has begun or will never begin."""
    waiting = state.get(problem, state_keys.WAITING_ROLLOUT)
    if waiting and waiting.data.version == version:
        state.delete(problem, waiting)


def supersede(state: StateTable, problem: str, run_id: str, version: str, reason: str) -> None:
    """Put on record that a registered model will not be rolled out."""

    def change(run: Run) -> Run:
        if run.status in ("promoted", "rolled_back"):
            return run
        told = f"Version {version} is not rolled out: {reason}"
        others = (known for known in run.reasons if known != told)
        return replace(run, status="superseded", reasons=(*others, told))

    state.amend(problem, state_keys.RUNS / run_id, change)
