"""Go back to the model that served before: at once while its slot is kept, else by a rollout
without a canary.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ghosteam.aws.runs import update_run
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.errors import Conflict, NotFound
from ghosteam.serving.routing import with_rollback, without_challenger
from ghosteam.steps.registry_notes import write_note
from ghosteam.steps.waiting_rollout import leave_queue

if TYPE_CHECKING:
    from ghosteam.aws.bus import Bus
    from ghosteam.aws.state import StateTable


def roll_back(
    problem: str,
    *,
    to: str | None,
    reason: str,
    requested_by: str,
    state: StateTable,
    bus: Bus,
    now: datetime,
) -> dict[str, Any]:
    """Returns ``{"how", "version", "from"}``.

    ``how``: ``canary ended`` (a challenger was on trial and has lost its traffic; no other version
    was asked for), ``slot`` (the former champion serves again), or ``rollout`` (its slot is gone,
    so it is being rolled out again).

    Raises:
        NotFound: nothing serves, or there is no version to go back to.
        Conflict: the version that was asked for serves already.
    """
    document = state.get(problem, state_keys.ROUTING)
    routing = document.data if document else None
    if routing is None or routing["champion"] is None:
        raise NotFound(
            "No model serves this problem",
            where={"problem": problem},
            remedy="There is nothing to go back from",
        )
    champion, challenger, former = (
        routing["champion"],
        routing["challenger"],
        routing.get("replaced"),
    )
    if to == champion["version"]:
        raise Conflict(
            f"Version {to} serves already",
            where={"problem": problem},
            remedy="There is nothing to do",
        )
    told = f"rolled back by {requested_by}: {reason}"
    if challenger and to is None:
        version = challenger["version"]
        state.update(problem, state_keys.ROUTING, lambda data: without_challenger(data, version))
        _mark(state, problem, challenger["run_id"], told)
        return {"how": "canary ended", "version": champion["version"], "from": version}
    if former and to in (None, former["version"]):
        _swap(state, problem, champion=champion["version"], former=former["version"])
        _mark(state, problem, champion["run_id"], told, status="rolled_back")
        _mark(state, problem, former["run_id"], f"serves again, {told}", status="promoted")
        write_note(state, problem, champion["version"], "rolled back", now=now)
        write_note(state, problem, former["version"], "promoted", now=now)
        leave_queue(state, problem, champion["version"])
        bus.publish(_event(problem, champion["version"], former["version"], told))
        return {"how": "slot", "version": former["version"], "from": champion["version"]}
    run = _run_of(state, problem, to, champion["version"])
    ids = {"run_id": run["run_id"], "version": run["version"], "force": True, "canary": False}
    bus.publish(
        Event("ModelRegistered", problem, {**ids, "requested_by": requested_by, "reason": reason})
    )
    bus.publish(_event(problem, champion["version"], run["version"], told))
    return {"how": "rollout", "version": run["version"], "from": champion["version"]}


def _swap(state: StateTable, problem: str, *, champion: str, former: str) -> None:
    def change(routing: dict[str, Any] | None) -> dict[str, Any]:
        assert routing is not None
        serving, kept = routing["champion"], routing.get("replaced")
        if serving and serving["version"] == former:
            return routing  # done before, and only the answer was lost
        if not serving or serving["version"] != champion or not kept or kept["version"] != former:
            raise Conflict(
                "The routing has changed meanwhile",
                where={"problem": problem},
                remedy="Look at it and ask again",
            )
        return with_rollback(routing)

    state.update(problem, state_keys.ROUTING, change)


def _run_of(state: StateTable, problem: str, to: str | None, champion: str) -> dict[str, Any]:
    """The run of version ``to``; without it, of the last one promoted before the champion."""
    runs = [document.data for document in state.list(problem, state_keys.run(""))]
    served = [
        run
        for run in runs
        if run["version"] and run["version"] != champion and run.get("rolled_out_at")
    ]
    fitting = [
        run for run in served if (run["version"] == to if to else run["status"] == "promoted")
    ]
    if not fitting:
        asked = f"Version {to} never served" if to else "No other version has served"
        known = ", ".join(sorted({run["version"] for run in served})) or "none"
        raise NotFound(
            asked, where={"problem": problem}, remedy=f"Versions that served before: {known}"
        )
    return max(fitting, key=lambda run: str(run["rolled_out_at"]))


def _mark(
    state: StateTable, problem: str, run_id: str, told: str, *, status: str | None = None
) -> None:
    def change(run: dict[str, Any]) -> dict[str, Any]:
        reasons = [*(text for text in run["reasons"] if text != told), told]
        return {**run, "reasons": reasons, **({"status": status} if status else {})}

    update_run(state, problem, run_id, change, missing_ok=True)


def _event(problem: str, version: str, to: str, told: str) -> Event:
    return Event(
        "ChampionRolledBack", problem, {"model_version": version, "to_version": to, "reason": told}
    )
