"""SQS ← FeaturesMaterialized, DriftDetected, PerformanceDegraded, RetrainingRequested: start a retraining run, or say why not."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.executions import Executions
from ghosteam.aws.state import StateTable
from ghosteam.problem.load import find_problem
from ghosteam.retraining.decide_retraining import decide_retraining
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.observability import logger
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import RetrainSettings


@cache
def _context() -> tuple[StateTable, Executions]:
    settings = RetrainSettings.from_environment(os.environ)
    return (
        StateTable(boto3.client("dynamodb"), settings.state_table),
        Executions(boto3.client("stepfunctions"), settings.state_machine_arn),
    )


def _handle(event: dict[str, Any]) -> None:
    state, executions = _context()
    problem = find_problem(deployed_problems(), event["detail"]["problem"])
    decision = decide_retraining(problem, event, now=datetime.now(UTC), state=state, executions=executions)
    logger.info("retraining decided", extra={"problem": problem.problem, **decision})


handler = queue_handler(_handle)
