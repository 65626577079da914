"""Retraining task: put on record what the job that built the training set left."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.settings import RecordSettings
from ghosteam.steps.record_training_set import record_training_set


@cache
def _context() -> tuple[Objects, StateTable]:
    settings = RecordSettings.from_environment(os.environ)
    return (
        Objects(boto3.client("s3"), settings.artifact_bucket),
        StateTable(boto3.client("dynamodb"), settings.state_table),
    )


def _handle(event: dict[str, Any]) -> dict[str, str]:
    artifacts, state = _context()
    return record_training_set(event["problem"], event["run_id"], artifacts=artifacts, state=state)


handler = task_handler(_handle)
