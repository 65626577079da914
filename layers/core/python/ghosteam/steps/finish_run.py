"""Use case: an execution of the retraining state machine ended, in whatever way; its lease goes
back and its run is closed.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ghosteam.aws.bus import Bus
from ghosteam.aws.retraining_lease import RUNNING, lease_holder, new_run, release_lease
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.errors import Defect
from ghosteam.retraining.backoff import MAX_ATTEMPTS, blocked_until
from ghosteam.retraining.failures import last_words, may_pass, reason_of
from ghosteam.retraining.occasions import waiting_document


def finish_run(
    detail: dict[str, Any], *, now: datetime, state: StateTable, bus: Bus
) -> dict[str, Any]:
    """``detail`` of a "Step Functions Execution Status Change" event. An execution still running
    changes nothing.

    Closes the run's document: ``failed``, with the error, unless registering or refusing a model
    set its status; ``skipped`` when the execution met another run and ended well without having
    begun. Releases the lease if this execution holds it. An occasion whose run was skipped, or
    failed for a reason that may pass, is kept to be decided again. Publishes RetrainingFinished.
    Repeating it leaves everything as it is.

    Raises:
        Defect: the event does not carry the execution's input.
    """
    if detail["status"] == "RUNNING":
        return {"status": RUNNING}
    if not detail.get("input"):
        raise Defect(
            "The event does not carry the execution's input",
            where={"execution": detail["executionArn"]},
            remedy="Keep the input of the retraining state machine under 256 KB",
        )
    request = json.loads(detail["input"])
    problem, run_id = str(request["problem"]), str(request["run_id"])

    def close(current: dict[str, Any] | None) -> dict[str, Any]:
        run = current or new_run(
            run_id,
            reason=request["reason"],
            as_of=request["as_of"],
            started_at=now.isoformat(),
            occasion_id=request.get("occasion_id"),
        )
        if run["finished_at"]:
            return run
        if run["status"] == RUNNING:
            skipped = current is None and detail["status"] == "SUCCEEDED"
            run = {
                **run,
                "status": "skipped" if skipped else "failed",
                "reasons": [_why_skipped(detail) if skipped else _failure(detail)],
            }
        return {**run, "finished_at": now.isoformat()}

    run = state.update(problem, state_keys.run(run_id), close).data
    release_lease(state, problem, execution=str(detail["executionArn"]))
    if run["status"] in ("skipped", "failed") and "occasion" in request:
        _keep_for_later(state, problem, request, run, detail, now=now)
    ids = {
        "run_id": run_id,
        "status": run["status"],
        "model_version": run["version"],
        "reason": "; ".join(run["reasons"]),
    }
    bus.publish(Event("RetrainingFinished", problem, ids))
    return {"problem": problem, **ids}


def _keep_for_later(
    state: StateTable,
    problem: str,
    request: dict[str, Any],
    run: dict[str, Any],
    detail: dict[str, Any],
    *,
    now: datetime,
) -> None:
    runs = [document.data for document in state.list(problem, state_keys.run(""))]
    occasion_id = str(request["occasion_id"])
    tried = sum(each["occasion_id"] == occasion_id for each in runs)
    newer = any(
        each["occasion_id"] == occasion_id and each["started_at"] > run["started_at"]
        for each in runs
    )
    passes = run["status"] == "skipped" or may_pass(detail.get("error"), detail.get("cause"))
    # Told a second time, an end must not wake what was decided again since.
    if not passes or newer or tried >= MAX_ATTEMPTS:
        return
    failed = run["status"] == "failed"
    document = waiting_document(
        occasion_id,
        request["occasion"],
        reason="; ".join(run["reasons"]),
        since=datetime.fromisoformat(run["finished_at"]),
        for_run=None if failed else lease_holder(state, problem, now=now),
        not_before=blocked_until(runs) if failed else None,
    )
    state.update(problem, state_keys.waiting(occasion_id), lambda current: current or document)


def _failure(detail: dict[str, Any]) -> str:
    told = reason_of(detail.get("error"), detail.get("cause"))
    return f"the execution ended as {detail['status']}" + (f": {told}" if told else "")


def _why_skipped(detail: dict[str, Any]) -> str:
    """What the step that met another run said; the state machine keeps it as ``busy``."""
    try:
        cause = json.loads(detail.get("output") or "")["busy"]["Cause"]
    except (ValueError, KeyError, TypeError):
        cause = None
    return last_words(cause) or "another run was at work"
