"""Retraining task: put on record what became of each family's training job."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.settings import RecordSettings
from ghosteam.steps.collect_families import collect_families


@cache
def _context() -> tuple[Objects, StateTable]:
    settings = RecordSettings.from_environment(os.environ)
    return (
        Objects(boto3.client("s3"), settings.artifact_bucket),
        StateTable(boto3.client("dynamodb"), settings.state_table),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    artifacts, state = _context()
    return collect_families(
        event["problem"], event["run_id"], event["results"], artifacts=artifacts, state=state
    )


handler = task_handler(_handle)
