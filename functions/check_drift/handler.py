"""SQS ← a problem's turn, or invocation: ``{"problem", "as_of"?}``: compare a window of predictions
with the champion's reference.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.retraining.requests import parse_check
from ghosteam.runtime.boundary import queue_handler, task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import MonitorSettings
from ghosteam.steps.check_drift import Monitoring, check_drift

aws = Wiring(MonitorSettings, boto3.client)


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    problem, as_of = parse_check(event, deployed_problems())
    # Whole hours, so that a schedule's jitter gives neighbouring windows that touch and do not
    # overlap.
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    adapters = Monitoring(
        lake=aws.lake,
        artifacts=aws.artifacts,
        state=aws.state,
        bus=aws.bus,
        online=aws.dynamodb,
        online_prefix=aws.settings.online_prefix,
    )
    return check_drift(problem, as_of=as_of or hour, adapters=adapters).to_json()


_task = task_handler(_handle, step="check_drift")
_queue = queue_handler(lambda turn: _task(turn, None), lambda: aws.work_queue)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A queue's messages carry ``Records``; anything else is a direct invocation."""
    return _queue(event, context) if "Records" in event else _task(event, context)
