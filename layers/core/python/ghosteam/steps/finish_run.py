"""Use case: an execution of the retraining state machine ended, in whatever way; its lease goes
back and its run is closed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from ghosteam.aws.bus import Bus
from ghosteam.aws.retraining_lease import lease_holder, release_lease
from ghosteam.aws.runs import runs_of
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event, ExecutionChange
from ghosteam.documents.occasion import Occasion
from ghosteam.documents.run import Run
from ghosteam.documents.waiting_occasion import WaitingOccasion
from ghosteam.errors import Defect
from ghosteam.json_object import JsonObject
from ghosteam.retraining.backoff import MAX_ATTEMPTS, blocked_until
from ghosteam.retraining.failures import last_words, may_pass, reason_of
from ghosteam.retraining.runs import new_run
from ghosteam.runtime.observability import count


def finish_run(
    detail: ExecutionChange, *, now: datetime, state: StateTable, bus: Bus
) -> Run | None:
    """``detail`` of a "Step Functions Execution Status Change" event. An execution still running
    changes nothing. Returns the run as it is now.

    Closes the run's document: ``failed``, with the error, unless registering or refusing a model
    set its status; ``skipped`` when the execution met another run and ended well without having
    begun. Releases the lease if this execution holds it. An occasion whose run was skipped, or
    failed for a reason that may pass, is kept to be decided again. Publishes RetrainingFinished.
    Repeating it leaves everything as it is.

    Raises:
        Defect: the event does not carry the execution's input.
    """
    if detail["status"] == "RUNNING":
        return None
    given = detail.get("input")
    if not given:
        raise Defect(
            "The event does not carry the execution's input",
            where={"execution": detail["executionArn"]},
            remedy="Keep the input of the retraining state machine under 256 KB",
        )
    request = json.loads(given)
    problem, run_id = str(request["problem"]), str(request["run_id"])

    def close(current: Run | None) -> Run:
        run = current or new_run(request, now=now)
        if run.finished_at:
            return run
        if run.status == "running":
            skipped = current is None and detail["status"] == "SUCCEEDED"
            run = replace(
                run,
                status="skipped" if skipped else "failed",
                reasons=(_why_skipped(detail) if skipped else _failure(detail),),
            )
        return replace(run, finished_at=now)

    run = state.update(problem, state_keys.RUNS / run_id, close)
    release_lease(state, problem, execution=str(detail["executionArn"]))
    if run.status in ("skipped", "failed") and "occasion" in request:
        _keep_for_later(state, problem, request, run, detail, now=now)
    count("RunsFinished", 1, Problem=problem, Status=run.status)
    ids = {
        "run_id": run_id,
        "status": run.status,
        "model_version": run.version,
        "reason": "; ".join(run.reasons),
    }
    bus.publish(Event("RetrainingFinished", problem, ids))
    return run


def _keep_for_later(
    state: StateTable,
    problem: str,
    request: JsonObject,
    run: Run,
    detail: ExecutionChange,
    *,
    now: datetime,
) -> None:
    runs = runs_of(state, problem)
    occasion_id = run.occasion_id
    tried = sum(each.occasion_id == occasion_id for each in runs)
    newer = any(
        each.occasion_id == occasion_id and each.started_at > run.started_at for each in runs
    )
    passes = run.status == "skipped" or may_pass(detail.get("error"), detail.get("cause"))
    # Told a second time, an end must not wake what was decided again since.
    if not passes or newer or tried >= MAX_ATTEMPTS:
        return
    failed = run.status == "failed"
    waiting = WaitingOccasion(
        occasion_id=occasion_id,
        occasion=Occasion.from_json(request["occasion"]),
        reason="; ".join(run.reasons),
        since=run.finished_at or now,
        for_run=None if failed else lease_holder(state, problem, now=now),
        not_before=blocked_until(runs) if failed else None,
    )
    state.update(
        problem, state_keys.WAITING_OCCASIONS / occasion_id, lambda current: current or waiting
    )


def _failure(detail: ExecutionChange) -> str:
    told = reason_of(detail.get("error"), detail.get("cause"))
    return f"the execution ended as {detail['status']}" + (f": {told}" if told else "")


def _why_skipped(detail: ExecutionChange) -> str:
    """What the step that met another run said; the state machine keeps it as ``busy``."""
    try:
        cause = json.loads(detail.get("output") or "")["busy"]["Cause"]
    except (ValueError, KeyError, TypeError):
        cause = None
    return last_words(cause) or "another run was at work"
