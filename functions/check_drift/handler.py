"""SQS ← a problem's turn: compare the windows of predictions that ended since the last one with
the champion's reference; invocation: ``{"problem", "as_of"?, "tell"?}``: one window.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.monitoring.windows import window_end_at
from ghosteam.retraining.requests import parse_check, parse_tell
from ghosteam.runtime.boundary import queue_handler, queue_or_task_handler, task_handler
from ghosteam.runtime.observability import heartbeat
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import MonitorSettings
from ghosteam.runtime.turns import turn_of
from ghosteam.steps.check_drift import Monitoring, check_drift
from ghosteam.steps.watch_drift import watch_drift

STEP = "check_drift"
TURN_MINUTES = 5
aws = Wiring(MonitorSettings, boto3.client)


def _monitoring(*, tells: bool = True) -> Monitoring:
    return Monitoring(aws.lake, aws.artifacts, aws.state, aws.bus, tells=tells)


def _on_turn(message: JsonObject) -> None:
    problem, _ = parse_check(message, deployed_problems())
    now, more = datetime.now(UTC), turn_of(TURN_MINUTES)
    list(watch_drift(problem, now=now, adapters=_monitoring(), more=more))
    heartbeat(STEP)


def _on_request(event: JsonObject) -> Mapping[str, object]:
    problem, as_of = parse_check(event, deployed_problems())
    end = as_of or window_end_at(datetime.now(UTC), length=problem.watch.window)
    adapters = _monitoring(tells=parse_tell(event))
    return check_drift(problem, as_of=end, adapters=adapters).to_json()


_task = task_handler(_on_request, step=STEP)
_queue = queue_handler(_on_turn, lambda: aws.work_queue)

handler = queue_or_task_handler(_queue, _task)
