"""Retraining task: put the evaluation on record, and decide whether its model is fitted again."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import RecordSettings
from ghosteam.steps.choose_model import choose_model


@cache
def _context() -> tuple[Objects, StateTable]:
    settings = RecordSettings.from_environment(os.environ)
    return (
        Objects(boto3.client("s3"), settings.artifact_bucket),
        StateTable(boto3.client("dynamodb"), settings.state_table),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    artifacts, state = _context()
    problem = find_problem(deployed_problems(), event["problem"])
    chosen = choose_model(problem, event["run_id"], artifacts=artifacts, state=state)
    return {"refit": chosen.refit, "uri": chosen.uri, "key": chosen.key}


handler = task_handler(_handle)
