"""Use case: an execution of the retraining state machine ended, in whatever way; its lease goes back and its run is closed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ghosteam import layout
from ghosteam.aws.bus import Bus
from ghosteam.aws.state import StateTable
from ghosteam.errors import Defect
from ghosteam.retraining.documents import RUNNING, new_run, release_lease
from ghosteam.runtime.events import Event


def finish_run(detail: dict[str, Any], *, now: datetime, state: StateTable, bus: Bus) -> dict[str, Any]:
    """``detail`` of a "Step Functions Execution Status Change" event. An execution still running changes nothing.

    Closes the run's document (``failed``, with the error, unless registering or refusing a model set its status), releases
    the lease if this execution holds it, and publishes RetrainingFinished. Repeating it leaves everything as it is.

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
        run = current or new_run(run_id, reason=request["reason"], as_of=request["as_of"], started_at=now.isoformat())
        if run["finished_at"]:
            return run
        if run["status"] == RUNNING:
            run = {**run, "status": "failed", "reasons": [_failure(detail)]}
        return {**run, "finished_at": now.isoformat()}

    run = state.update(problem, layout.run_document(run_id), close).data
    release_lease(state, problem, execution=str(detail["executionArn"]))
    ids = {"run_id": run_id, "status": run["status"], "model_version": run["version"], "reason": "; ".join(run["reasons"])}
    bus.publish(Event("RetrainingFinished", problem, ids))
    return {"problem": problem, **ids}


def _failure(detail: dict[str, Any]) -> str:
    told = ": ".join(text for text in (detail.get("error"), _last_words(detail.get("cause"))) if text)
    # A cause can be a whole stack trace; the execution has the rest.
    return f"the execution ended as {detail['status']}" + (f": {told[:1000]}" if told else "")


def _last_words(cause: str | None) -> str | None:
    """A failed job's cause is its whole description: its name and what it said when it ended are what a reader needs."""
    try:
        job = json.loads(cause or "")
    except ValueError:
        return cause
    said = (job.get("ExitMessage") or job.get("FailureReason")) if isinstance(job, dict) else None
    return f"{job.get('ProcessingJobName') or job.get('TrainingJobName')}: {said}" if said else cause
