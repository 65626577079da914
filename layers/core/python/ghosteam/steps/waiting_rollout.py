"""The registered model that waits for its turn while another one is being rolled out.

One model a problem waits, the newest: the state document ``next_rollout`` is what its rollout is
started with, ``{"run_id", "version", …}``, and ``since``. An older one that waited is superseded,
on record in its run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ghosteam.aws.runs import update_run
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event

if TYPE_CHECKING:
    from ghosteam.aws.bus import Bus
    from ghosteam.aws.state import StateTable

_KEPT = ("run_id", "version", "force", "requested_by", "reason")


def wait_for_turn(
    state: StateTable, problem: str, request: Mapping[str, Any], *, now: datetime
) -> None:
    """Let the model of ``request`` be the next; repeating it changes nothing. A newer one that
    waits stays.
    """
    wanted = {name: request[name] for name in _KEPT if name in request}
    superseded: list[dict[str, Any]] = []

    def change(current: dict[str, Any] | None) -> dict[str, Any]:
        superseded.clear()
        if current and int(current["version"]) >= int(wanted["version"]):
            if current["version"] != wanted["version"]:
                superseded.append(wanted)
            return current
        if current:
            superseded.append(current)
        return {**wanted, "since": now.isoformat()}

    state.update(problem, state_keys.NEXT_ROLLOUT, change)
    for one in superseded:
        newer = max(int(wanted["version"]), int(one["version"]) + 1)
        supersede(state, problem, one, f"version {newer} is newer and waits for the same turn")


def next_turn(state: StateTable, bus: Bus, problem: str) -> str | None:
    """Start the rollout of the model that waits, by the event that starts every rollout; its
    version, or None.

    The event goes out first: told twice, the second rollout meets the first and is turned away.
    """
    waiting = state.get(problem, state_keys.NEXT_ROLLOUT)
    if waiting is None:
        return None
    ids = {name: waiting.data[name] for name in _KEPT if name in waiting.data}
    bus.publish(Event("ModelRegistered", problem, ids))
    return str(waiting.data["version"])


def leave_queue(state: StateTable, problem: str, version: str) -> None:
    """The model waits no longer: its rollout has begun or will never begin."""
    waiting = state.get(problem, state_keys.NEXT_ROLLOUT)
    if waiting and waiting.data["version"] == version:
        state.delete(problem, waiting)


def supersede(state: StateTable, problem: str, request: Mapping[str, Any], reason: str) -> None:
    """Put on record that a registered model will not be rolled out."""
    run_id = str(request["run_id"])

    def change(run: dict[str, Any]) -> dict[str, Any]:
        if run["status"] in ("promoted", "rolled_back"):
            return run
        told = f"Version {request['version']} is not rolled out: {reason}"
        return {
            **run,
            "status": "superseded",
            "reasons": [*(r for r in run["reasons"] if r != told), told],
        }

    update_run(state, problem, run_id, change, missing_ok=True)
