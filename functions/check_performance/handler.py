"""SQS ← FeaturesMaterialized; SQS ← a problem's turn, or invocation: ``{"problem", "as_of"?}``:
judge the champion on outcomes that arrived.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.problem.load import find_problem
from ghosteam.retraining.requests import parse_check
from ghosteam.runtime.boundary import queue_handler, task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import MonitorSettings
from ghosteam.steps.check_drift import Monitoring
from ghosteam.steps.check_performance import (
    check_arrived_labels,
    check_performance,
    windows_due,
)

aws = Wiring(MonitorSettings, boto3.client)


def _adapters() -> Monitoring:
    return Monitoring(
        lake=aws.lake,
        artifacts=aws.artifacts,
        state=aws.state,
        bus=aws.bus,
        online=aws.dynamodb,
        online_prefix=aws.settings.online_prefix,
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
    verdicts = [
        verdict.to_json()
        for end in ([as_of] if as_of else windows_due(problem, now))
        for verdict in check_performance(problem, window_ends=[end], now=now, adapters=_adapters())
    ]
    return {"verdicts": verdicts}


_task = task_handler(_on_request, step="check_performance")
_queue = queue_handler(
    lambda message: _on_batch(message) if "detail" in message else _task(message, None),
    lambda: aws.work_queue,
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A queue's messages carry ``Records``; anything else is a direct invocation."""
    return _queue(event, context) if "Records" in event else _task(event, context)
