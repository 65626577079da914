"""SQS ← BatchValidated, BatchWithdrawn, schedule, or invocation with ``{"problem", "as_of"?}``:
judge the champion on outcomes that arrived.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.aws.work_queue import WorkQueue
from ghosteam.monitoring.windows import window_end_at
from ghosteam.problem.load import find_problem
from ghosteam.retraining.requests import parse_check
from ghosteam.runtime.boundary import queue_handler, task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import MonitorSettings
from ghosteam.steps.check_drift import Monitoring
from ghosteam.steps.check_performance import check_arrived_labels, check_performance


@cache
def _adapters() -> Monitoring:
    settings, s3 = MonitorSettings.from_environment(os.environ), boto3.client("s3")
    return Monitoring(
        lake=Objects(s3, settings.lake_bucket),
        artifacts=Objects(s3, settings.artifact_bucket),
        state=StateTable(boto3.client("dynamodb"), settings.state_table),
        bus=Bus(boto3.client("events"), settings.bus_name),
    )


def _on_batch(event: dict[str, Any]) -> None:
    detail = event["detail"]
    check_arrived_labels(
        find_problem(deployed_problems(), detail["problem"]),
        dataset=detail["dataset"],
        batch_id=detail["batch_id"],
        now=datetime.now(UTC),
        adapters=_adapters(),
    )


def _on_request(event: dict[str, Any]) -> dict[str, Any]:
    problem, as_of = parse_check(event, deployed_problems())
    now = datetime.now(UTC)
    mature = now - problem.target.matures
    end = as_of or window_end_at(mature, length=problem.watch.window)
    verdicts = check_performance(problem, window_ends=[end], now=now, adapters=_adapters())
    return {"verdicts": [verdict.to_json() for verdict in verdicts]}


_queue = queue_handler(
    _on_batch, lambda: WorkQueue.from_environment(boto3.client("sqs"), os.environ)
)
_task = task_handler(_on_request, step="check_performance")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A queue's messages carry ``Records``; anything else is a direct invocation."""
    return _queue(event, context) if "Records" in event else _task(event, context)
