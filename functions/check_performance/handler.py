"""SQS FIFO, one group a problem ← FeaturesMaterialized, or a problem's turn: judge the champion on
outcomes that arrived or matured; invocation: ``{"problem", "as_of"?, "tell"?}``: on one window.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.retraining.requests import parse_check, parse_tell
from ghosteam.runtime.boundary import queue_handler, queue_or_task_handler, task_handler
from ghosteam.runtime.observability import heartbeat
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import OutcomeSettings
from ghosteam.runtime.turns import turn_of
from ghosteam.steps.changed_windows import OutcomeMonitoring
from ghosteam.steps.check_performance import check_performance, check_what_waits
from ghosteam.steps.windows_to_judge import WindowsToJudge

STEP = "check_performance"
TURN_MINUTES = 5
aws = Wiring(OutcomeSettings, boto3.client)


def _monitoring(*, tells: bool = True) -> OutcomeMonitoring:
    return OutcomeMonitoring(
        lake=aws.lake,
        artifacts=aws.artifacts,
        state=aws.state,
        bus=aws.bus,
        online=aws.dynamodb,
        online_prefix=aws.settings.online_prefix,
        tells=tells,
    )


def _on_message(message: JsonObject) -> None:
    """What is to be judged is on record, so all messages of a problem say the same; a turn has the
    newest windows judged too.
    """
    problem, _ = parse_check(message.get("detail", message), deployed_problems())
    adapters, now, turn = _monitoring(), datetime.now(UTC), "detail" not in message
    if turn:
        WindowsToJudge(problem, adapters.state).add_newest(now)
    check_what_waits(problem, now=now, adapters=adapters, more=turn_of(TURN_MINUTES))
    if turn:
        heartbeat(STEP)


def _on_request(event: JsonObject) -> Mapping[str, object]:
    problem, as_of = parse_check(event, deployed_problems())
    now = datetime.now(UTC)
    adapters = _monitoring(tells=parse_tell(event))
    verdicts = [
        verdict.to_json()
        for end in ([as_of] if as_of else WindowsToJudge(problem, adapters.state).newest(now))
        for verdict in check_performance(problem, window_ends=[end], now=now, adapters=adapters)
    ]
    return {"verdicts": verdicts}


_task = task_handler(_on_request, step=STEP)
_queue = queue_handler(_on_message, lambda: aws.work_queue)

handler = queue_or_task_handler(_queue, _task)
