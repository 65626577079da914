"""The life of a job, whatever its kind: created, run on its own thread, stopped or ended,
announced.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any

from ministack.core.concurrency import spawn_background

from local.account.sagemaker import events, store
from local.account.sagemaker.containers import Container
from local.account.sagemaker.errors import ApiError, JobFailure
from local.account.sagemaker.store import Record

ENDED = ("Completed", "Failed", "Stopped")
_REASON_LENGTH = 1024
_DEFAULT_MAX_RUNTIME = 24 * 3600
# SageMaker waits 120 seconds between SIGTERM and SIGKILL.
STOP_GRACE_SECONDS = 120.0

logger = logging.getLogger("ghosteam.sagemaker")


class Stopped(Exception):
    """The job was asked to stop, or reached its maximum runtime (`timed_out`)."""

    def __init__(self, *, timed_out: bool = False) -> None:
        super().__init__("stopped")
        self.timed_out = timed_out


@dataclass
class Job:
    """A running job: its record and the means to stop it."""

    kind: str
    record: Record
    stop_requested: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    @property
    def name(self) -> str:
        return str(self.record[f"{self.kind}Name"])

    @property
    def status(self) -> str:
        return str(self.record[f"{self.kind}Status"])

    def announce(self, **values: Any) -> None:
        """Change the record and publish the state-change event."""
        store.change(self.record, **values)
        events.publish(self.kind, self.record)

    def check_stop(self) -> None:
        """Raise Stopped when somebody asked for it."""
        if self.stop_requested.is_set():
            raise Stopped

    def run(self, container: Container, deadline: float) -> int:
        """Wait for a started container to end and return its exit code.

        Args:
            container: a started container.
            deadline: `time.monotonic()` value after which the job has run too long.

        Raises:
            Stopped: after a stop request or the deadline; the process has ended then.
        """
        while not container.wait(0.1):
            timed_out = time.monotonic() > deadline
            if timed_out or self.stop_requested.is_set():
                container.stop(STOP_GRACE_SECONDS)
                raise Stopped(timed_out=timed_out)
        return container.exit_code or 0


# Jobs whose thread still runs, by ARN.
_running: dict[str, Job] = {}


def create(kind: str, name: str, params: dict[str, Any], body: Callable[[Job], None]) -> Record:
    """Store the job as InProgress and run `body` on a thread of its own.

    `body` returns when the job is Completed, and raises JobFailure or Stopped otherwise.
    """
    record = store.add(kind, name, **params, **{f"{kind}Status": "InProgress"})
    job = Job(kind, record)
    _running[record[f"{kind}Arn"]] = job
    job.announce()
    spawn_background(_run, job, body, thread_name=f"sagemaker-{name}")
    return record


def stop(kind: str, name: str) -> None:
    """Ask a job to stop; refused when it has ended."""
    record = store.get(kind, name)
    job = _running.get(record[f"{kind}Arn"])
    if job is not None:
        with job.lock:
            if job.status in ("InProgress", "Stopping"):
                job.stop_requested.set()
                job.announce(**{f"{kind}Status": "Stopping"})
                return
    spoken = store.ARN_PART[kind].replace("-", " ")
    raise ApiError(
        "ValidationException",
        f"The request was rejected because the {spoken} is in status {record[f'{kind}Status']}.",
    )


def wait(kind: str, name: str, seconds: float) -> bool:
    """Wait for the end of a job; False when it still runs after `seconds`."""
    job = _running.get(store.get(kind, name)[f"{kind}Arn"])
    return job is None or job.ended.wait(seconds)


def stop_all() -> None:
    """Ask every job to stop, when the account ends or is reset."""
    for job in list(_running.values()):
        job.stop_requested.set()


def deadline_of(record: Record) -> float:
    """`time.monotonic()` value at which a job that starts now has used up its
    `StoppingCondition`.
    """
    condition = record.get("StoppingCondition") or {}
    return time.monotonic() + float(condition.get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME))


def failure_of(container: Container, exit_code: int) -> JobFailure:
    """What SageMaker reports of a container that ended with an error: its failure file, and the
    exit code.
    """
    written = container.root / "output" / "failure"
    text = (
        written.read_text(errors="replace").strip()
        if written.exists()
        else "See job logs for more information"
    )
    return JobFailure(f"AlgorithmError: {text[: _REASON_LENGTH - 64]}, exit code: {exit_code}")


def write_json(path: Path, value: Any) -> None:
    """A configuration file of the container contract."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, default=str))


def _run(job: Job, body: Callable[[Job], None]) -> None:
    ended: dict[str, Any]
    try:
        body(job)
        ended = {f"{job.kind}Status": "Completed"}
    except Stopped:
        ended = {f"{job.kind}Status": "Stopped"}
    except JobFailure as failure:
        ended = {f"{job.kind}Status": "Failed", "FailureReason": str(failure)[:_REASON_LENGTH]}
    except Exception as error:
        logger.exception("%s %s", job.kind, job.name)
        reason = f"InternalServerError: {type(error).__name__}: {error}"
        ended = {f"{job.kind}Status": "Failed", "FailureReason": reason[:_REASON_LENGTH]}
    now = time.time()
    ended[f"{job.kind.removesuffix('Job')}EndTime"] = now
    if job.kind == "TrainingJob":
        ended |= _last_transition(job.record, str(ended["TrainingJobStatus"]))
        seconds = int(now - job.record.get("TrainingStartTime", now))
        ended |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
    with job.lock:
        job.announce(**ended)
    _running.pop(job.record[f"{job.kind}Arn"], None)
    job.ended.set()


def _last_transition(record: Record, status: str) -> dict[str, Any]:
    if record["SecondaryStatus"] == "MaxRuntimeExceeded":
        status = "MaxRuntimeExceeded"
    return {
        "SecondaryStatus": status,
        "SecondaryStatusTransitions": transitions(record, status, status),
    }


def transitions(record: Record, status: str, message: str) -> list[dict[str, Any]]:
    """The record's transitions with the last one closed and `status` begun."""
    now = time.time()
    past = [dict(step) for step in record.get("SecondaryStatusTransitions", [])]
    if past and past[-1]["Status"] == status:
        return past
    if past:
        past[-1]["EndTime"] = now
    return [*past, {"Status": status, "StartTime": now, "StatusMessage": message}]
