"""Rollout task: judge the challenger by the prediction log."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import DataSettings
from ghosteam.steps.judge_canary import judge_canary


@cache
def _context() -> tuple[StateTable, Objects]:
    settings = DataSettings.from_environment(os.environ)
    return (
        StateTable(boto3.client("dynamodb"), settings.state_table),
        Objects(boto3.client("s3"), settings.lake_bucket),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    state, lake = _context()
    problem = find_problem(deployed_problems(), event["problem"])
    return asdict(judge_canary(problem, event, state=state, lake=lake, now=datetime.now(UTC)))


handler = task_handler(_handle)
