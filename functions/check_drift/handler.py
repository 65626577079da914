"""SQS ← a problem's turn, or invocation: ``{"problem", "as_of"?, "tell"?}``: compare a window of
predictions with the champion's reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.retraining.requests import parse_check, parse_tell
from ghosteam.runtime.boundary import queue_handler, queue_or_task_handler, task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import MonitorSettings
from ghosteam.steps.check_drift import Monitoring, check_drift

aws = Wiring(MonitorSettings, boto3.client)


def _handle(event: JsonObject) -> Mapping[str, object]:
    problem, as_of = parse_check(event, deployed_problems())
    # Whole hours, so that a schedule's jitter gives neighbouring windows that touch and do not
    # overlap.
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    adapters = Monitoring.of(aws, tells=parse_tell(event))
    return check_drift(problem, as_of=as_of or hour, adapters=adapters).to_json()


_task = task_handler(_handle, step="check_drift")
_queue = queue_handler(lambda turn: _task(turn, None), lambda: aws.work_queue)

handler = queue_or_task_handler(_queue, _task)
