"""SQS ← the events of the triggers: start a retraining run, or say why not.

After what ends a wait, and by a schedule, decide again what waits.
"""

from __future__ import annotations

from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.documents.event import BusEvent
from ghosteam.problem.load import find_problem
from ghosteam.retraining.occasions import DECIDE_AGAIN, EVERY_PROBLEM
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.observability import heartbeat, logger
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import RetrainSettings
from ghosteam.steps.decide_retraining import Retraining, call_due, decide_retraining

aws = Wiring(RetrainSettings, boto3.client)


def _handle(event: BusEvent) -> None:
    adapters, now = Retraining(aws.state, aws.executions, aws.bus), datetime.now(UTC)
    if event["detail-type"] == EVERY_PROBLEM:
        called = call_due(deployed_problems(), now=now, adapters=adapters)
        logger.info("retraining looked for what is due", extra={"problems": called})
        heartbeat("decide_retraining")
        return
    name = str(event["detail"]["problem"])
    if event["detail-type"] in DECIDE_AGAIN and name not in deployed_problems():
        return  # A rejected file that belongs to no problem ends no wait.
    problem = find_problem(deployed_problems(), name)
    for decision in decide_retraining(problem, event, now=now, adapters=adapters):
        logger.info("retraining decided", extra={"problem": problem.problem, **decision.to_json()})


handler = queue_handler(_handle, lambda: aws.work_queue)
