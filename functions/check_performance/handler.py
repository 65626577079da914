"""SQS ← FeaturesMaterialized; SQS ← a problem's turn, or invocation: ``{"problem", "as_of"?}``:
judge the champion on outcomes that arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.monitoring.windows import window_end_at
from ghosteam.problem.load import find_problem
from ghosteam.retraining.requests import parse_check
from ghosteam.runtime.boundary import queue_handler, queue_or_task_handler, task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import MonitorSettings
from ghosteam.steps.check_drift import Monitoring
from ghosteam.steps.check_performance import check_arrived_labels, check_performance

aws = Wiring(MonitorSettings, boto3.client)


def _on_batch(event: JsonObject) -> None:
    detail = event["detail"]
    check_arrived_labels(
        find_problem(deployed_problems(), detail["problem"]),
        dataset=detail["dataset"],
        batch_id=detail["batch_id"],
        now=datetime.now(UTC),
        adapters=Monitoring.of(aws),
    )


def _on_request(event: JsonObject) -> Mapping[str, object]:
    problem, as_of = parse_check(event, deployed_problems())
    now = datetime.now(UTC)
    mature = problem.target.matures.before(now)
    end = as_of or window_end_at(mature, length=problem.watch.window)
    verdicts = check_performance(problem, window_ends=[end], now=now, adapters=Monitoring.of(aws))
    return {"verdicts": [verdict.to_json() for verdict in verdicts]}


_task = task_handler(_on_request, step="check_performance")
_queue = queue_handler(
    lambda message: _on_batch(message) if "detail" in message else _task(message, None),
    lambda: aws.work_queue,
)

handler = queue_or_task_handler(_queue, _task)
