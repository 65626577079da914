"""Use case: something happened that may be a reason to retrain; decide, write the decision down,
and start the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Literal

from ghosteam.aws.bus import Bus
from ghosteam.aws.executions import Executions
from ghosteam.aws.retraining_lease import acquire_lease, lease_holder, release_lease
from ghosteam.aws.runs import runs_of
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.decision import Decision
from ghosteam.documents.event import BusEvent, Event
from ghosteam.documents.occasion import Occasion
from ghosteam.documents.run import Run
from ghosteam.errors import Busy
from ghosteam.problem.spec import Problem
from ghosteam.retraining.occasions import DECIDE_AGAIN, occasion_of
from ghosteam.retraining.policy import Skip, Start, Wait, decide_run, name_run
from ghosteam.retraining.readiness import Ready
from ghosteam.retraining.triggers.trigger import TRIGGERS
from ghosteam.runtime.observability import measure
from ghosteam.steps.ask_what_is_due import ask_what_is_due
from ghosteam.steps.data_at_hand import arriving, assess, made_anew, note_materialized
from ghosteam.steps.retraining_situation import situation_of
from ghosteam.steps.waiting_occasions import (
    due,
    no_longer_waiting,
    note_successor,
    remember_waiting,
)

_TURNS = 3
_WORDS: Mapping[type, Literal["start", "skip", "wait"]] = {
    Start: "start",
    Skip: "skip",
    Wait: "wait",
}


@dataclass(frozen=True)
class Retraining:
    """What deciding looks at and acts on."""

    state: StateTable
    executions: Executions
    bus: Bus


def decide_retraining(
    problem: Problem, event: BusEvent, *, now: datetime, adapters: Retraining
) -> list[Decision]:
    """Returns the decisions, which are also stored.

    What waits is kept and decided again after an event of
    ``DECIDE_AGAIN``. The same event again gives the same decision and starts nothing twice; once
    its run has failed, it is an occasion for the next attempt. A decision against a person's
    request, or one that only a person can change, is published as RetrainingDeclined.
    """
    if event["detail-type"] in DECIDE_AGAIN:
        return decide_again(problem, now=now, adapters=adapters)
    occasion = occasion_of(event)
    if occasion.cause == "readiness":
        detail = event["detail"]
        version = detail.get("view_version")
        note_materialized(
            problem,
            str(detail["dataset"]),
            str(detail["batch_id"]),
            view_version=None if version is None else str(version),
            state=adapters.state,
            now=now,
        )
        woken = _decide_changed(problem, now=now, adapters=adapters)
        decided = _decide(problem, occasion, now=now, adapters=adapters)
        ask_what_is_due(problem, now=now, state=adapters.state, bus=adapters.bus)
        return [*woken, decided]
    return [_decide(problem, occasion, now=now, adapters=adapters)]


def _decide_changed(problem: Problem, *, now: datetime, adapters: Retraining) -> list[Decision]:
    """Decide at once what waited for batches to be made anew, when the last of them is."""
    waiting = [
        document.data
        for document in adapters.state.list(problem.problem, state_keys.WAITING_OCCASIONS)
        if document.data.occasion.cause == "definition"
    ]
    if not waiting or next(made_anew(problem, adapters.state, now=now), None):
        return []
    return [
        _decide(problem, one.occasion, now=now, adapters=adapters, since=one.since)
        for one in waiting
    ]


def decide_again(problem: Problem, *, now: datetime, adapters: Retraining) -> list[Decision]:
    """Decide what waits and is due."""
    state, name = adapters.state, problem.problem
    decisions = []
    for waiting in due(state, name, now=now):
        decision = _decide(
            problem, waiting.occasion, now=now, adapters=adapters, since=waiting.since
        )
        decisions.append(decision)
        if decision.occasion_id != waiting.occasion_id:
            # Newer data have come: the same reason now speaks of another time, and has another
            # name.
            no_longer_waiting(state, name, waiting.occasion_id)
            note_successor(state, name, waiting.occasion_id, decision.occasion_id)
    return decisions


def call_due(names: Iterable[str], *, now: datetime, adapters: Retraining) -> list[str]:
    """By the clock: publish RetrainingDue for each problem in which something waits and is due;
    each is then decided by itself. Returns these problems.
    """
    called = []
    for name in names:
        if due(adapters.state, name, now=now):
            adapters.bus.publish(Event("RetrainingDue", name))
            called.append(name)
    return called


def _decide(
    problem: Problem,
    occasion: Occasion,
    *,
    now: datetime,
    adapters: Retraining,
    since: datetime | None = None,
) -> Decision:
    """Decide until the answer stands: a run that ends while "wait for it" is being written down
    would wake nobody.
    """
    name, state = problem.problem, adapters.state
    decision = _decide_once(problem, occasion, now=now, adapters=adapters, since=since)
    for _ in range(_TURNS):
        awaited = decision.for_run
        if (
            decision.decision != "wait"
            or not awaited
            or lease_holder(state, name, now=now) == awaited
        ):
            break
        decision = _decide_once(problem, occasion, now=now, adapters=adapters, since=since)
    return decision


def _decide_once(
    problem: Problem,
    occasion: Occasion,
    *,
    now: datetime,
    adapters: Retraining,
    since: datetime | None,
) -> Decision:
    name, state = problem.problem, adapters.state
    # An event that is dated into the future, by mistake or to do harm, is not what the newest data
    # reach to.
    readiness = assess(problem, state, as_of=min(occasion.as_of or now, now))
    newest = readiness.as_of(problem) if isinstance(readiness, Ready) else None
    as_of = occasion.as_of or newest or now
    occasion_id = name_run(name, occasion.cause, as_of, request=occasion.request)
    runs = runs_of(state, name)
    tried = [run for run in runs if run.occasion_id == occasion_id]
    known = state.find(name, state_keys.DECISIONS / occasion_id)
    if known and known.run_id and _stands(known.run_id, tried):
        return known
    answer: Start | Skip | Wait
    if standing := next((run for run in tried if run.status not in ("failed", "skipped")), None):
        # The decision was lost after it had been carried out.
        answer = Start(standing.run_id, f"{occasion.cause} as of {as_of:%Y-%m-%d %H:%M} UTC")
    else:
        run_id = name_run(
            name, occasion.cause, as_of, request=occasion.request, attempt=len(tried) + 1
        )
        trigger = TRIGGERS.find(occasion.cause)
        situation = situation_of(
            problem,
            state,
            readiness,
            runs,
            trigger=trigger,
            run_id=run_id,
            attempts=len(tried),
            now=now,
        )
        decided = partial(
            decide_run,
            trigger,
            problem.retrain,
            run_id=run_id,
            as_of=as_of,
            now=now,
        )
        answer = decided(situation)
        if isinstance(answer, Start) and situation.champion_train_end is None:
            arrived = sorted(arriving(problem, state, now=now))
            answer = decided(replace(situation, arriving=arrived))
        if isinstance(answer, Start):
            answer = _start(
                name,
                occasion_id,
                occasion,
                answer,
                as_of=as_of,
                usd=situation.run_usd,
                now=now,
                adapters=adapters,
            )
    decision = Decision(
        decision=_WORDS[type(answer)],
        reason=answer.reason,
        trigger=occasion.cause,
        detail=occasion.detail,
        request=occasion.request,
        occasion_id=occasion_id,
        run_id=answer.run_id if isinstance(answer, Start) else None,
        attempt=len(tried) + 1,
        for_run=answer.for_run if isinstance(answer, Wait) else None,
        retry_after=answer.not_before if isinstance(answer, Wait) else None,
        as_of=as_of,
        decided_at=now,
    )
    if isinstance(answer, Skip) and answer.tell and not (known and known.reason == answer.reason):
        adapters.bus.publish(_declined(name, decision))
    remember_waiting(state, name, occasion_id, occasion, answer, since=since, now=now)
    state.put(name, state_keys.DECISIONS / occasion_id, decision)
    return decision


def _stands(run_id: str, tried: Sequence[Run]) -> bool:
    """Whether a started run is at work, or ended with an answer. One without a document has only
    just been started.
    """
    run = next((run for run in tried if run.run_id == run_id), None)
    return run is None or run.status not in ("failed", "skipped")


def _start(
    name: str,
    occasion_id: str,
    occasion: Occasion,
    answer: Start,
    *,
    as_of: datetime,
    usd: float,
    now: datetime,
    adapters: Retraining,
) -> Start | Wait:
    """Take the lease for the execution, then start it: of two occasions in one moment only one
    starts a run. ``usd``: what it is estimated to cost.
    """
    execution = adapters.executions.arn_of(answer.run_id)
    try:
        acquire_lease(adapters.state, name, run_id=answer.run_id, execution=execution, now=now)
    except Busy as busy:
        return Wait(busy.message, for_run=str(busy.where["run"]))
    document = {
        "problem": name,
        "run_id": answer.run_id,
        "reason": {"trigger": occasion.cause, "detail": occasion.detail},
        "as_of": as_of.isoformat(),
        "occasion_id": occasion_id,
        "occasion": occasion.to_json(),
    }
    try:
        fresh = adapters.executions.start(answer.run_id, document)
    except BaseException:
        release_lease(adapters.state, name, execution=execution)
        raise
    if not fresh:
        return Start(answer.run_id, f"{answer.reason} (its execution was started before)")
    measure("RunDollars", usd, Problem=name)
    return answer


def _declined(name: str, decision: Decision) -> Event:
    ids = {
        "occasion_id": decision.occasion_id,
        "trigger": decision.trigger,
        "detail": decision.detail,
        "reason": decision.reason,
        "as_of": decision.as_of.isoformat(),
    }
    return Event("RetrainingDeclined", name, ids)
