"""Go back to the model that served before: at once while its slot is kept, else by a rollout
without a canary.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ghosteam.aws.runs import runs_of
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.errors import Conflict, NotFound
from ghosteam.serving.routing import with_rollback, without_challenger
from ghosteam.steps.registry_notes import write_note
from ghosteam.steps.waiting_rollout import leave_queue

if TYPE_CHECKING:
    from ghosteam.aws.bus import Bus
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.routing import Routing
    from ghosteam.documents.run import Run, RunStatus


@dataclass(frozen=True)
class Rollback:
    """From version ``left`` back to ``version``.

    ``how``: ``canary ended`` (a challenger was on trial and has lost its traffic; no other version
    was asked for), ``slot`` (the former champion serves again), or ``rollout`` (its slot is gone,
    so it is being rolled out again).
    """

    how: Literal["canary ended", "slot", "rollout"]
    version: str
    left: str


def roll_back(
    problem: str,
    *,
    to: str | None,
    reason: str,
    requested_by: str,
    state: StateTable,
    bus: Bus,
    now: datetime,
) -> Rollback:
    """Go back to the version ``to``, or to what served before.

    Raises:
        NotFound: nothing serves, or there is no version to go back to.
        Conflict: the version that was asked for serves already.
    """
    routing = state.find(problem, state_keys.ROUTING)
    if routing is None or routing.champion is None:
        raise NotFound(
            "No model serves this problem",
            where={"problem": problem},
            remedy="There is nothing to go back from",
        )
    champion, challenger, former = routing.champion, routing.challenger, routing.replaced
    if to == champion.version:
        raise Conflict(
            f"Version {to} serves already",
            where={"problem": problem},
            remedy="There is nothing to do",
        )
    told = f"rolled back by {requested_by}: {reason}"
    if challenger and to is None:
        version = challenger.version
        state.amend(problem, state_keys.ROUTING, lambda now: without_challenger(now, version))
        _mark(state, problem, challenger.run_id, told)
        return Rollback("canary ended", champion.version, challenger.version)
    if former and to in (None, former.version):
        _swap(state, problem, champion=champion.version, former=former.version)
        _mark(state, problem, champion.run_id, told, status="rolled_back")
        _mark(state, problem, former.run_id, f"serves again, {told}", status="promoted")
        write_note(state, problem, champion.version, "rolled back", now=now)
        write_note(state, problem, former.version, "promoted", now=now)
        leave_queue(state, problem, champion.version)
        bus.publish(_event(problem, champion.version, former.version, told))
        return Rollback("slot", former.version, champion.version)
    run, version = _run_of(state, problem, to, champion.version)
    ids: dict[str, str | bool] = {
        "run_id": run.run_id,
        "version": version,
        "force": True,
        "canary": False,
    }
    bus.publish(
        Event("ModelRegistered", problem, {**ids, "requested_by": requested_by, "reason": reason})
    )
    bus.publish(_event(problem, champion.version, version, told))
    return Rollback("rollout", version, champion.version)


def _swap(state: StateTable, problem: str, *, champion: str, former: str) -> None:
    def change(routing: Routing | None) -> Routing:
        assert routing is not None
        serving, kept = routing.champion, routing.replaced
        if serving and serving.version == former:
            return routing  # done before, and only the answer was lost
        if not serving or serving.version != champion or not kept or kept.version != former:
            raise Conflict(
                "The routing has changed meanwhile",
                where={"problem": problem},
                remedy="Look at it and ask again",
            )
        return with_rollback(routing)

    state.update(problem, state_keys.ROUTING, change)


def _run_of(state: StateTable, problem: str, to: str | None, champion: str) -> tuple[Run, str]:
    """The run of version ``to``, and that version; without it, of the last one promoted before the
    champion.
    """
    served = [
        (run.rolled_out_at, run, run.version)
        for run in runs_of(state, problem)
        if run.version and run.version != champion and run.rolled_out_at
    ]
    fitting = [one for one in served if (one[2] == to if to else one[1].status == "promoted")]
    if not fitting:
        asked = f"Version {to} never served" if to else "No other version has served"
        known = ", ".join(sorted({version for _, _, version in served})) or "none"
        raise NotFound(
            asked, where={"problem": problem}, remedy=f"Versions that served before: {known}"
        )
    _, run, version = max(fitting, key=lambda one: one[0])
    return run, version


def _mark(
    state: StateTable, problem: str, run_id: str, told: str, *, status: RunStatus | None = None
) -> None:
    def change(run: Run) -> Run:
        reasons = (*(text for text in run.reasons if text != told), told)
        return replace(run, reasons=reasons, status=status or run.status)

    state.amend(problem, state_keys.RUNS / run_id, change)


def _event(problem: str, version: str, to: str, told: str) -> Event:
    return Event(
        "ChampionRolledBack", problem, {"model_version": version, "to_version": to, "reason": told}
    )
