"""Rollout task: give a slot its share of the traffic."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.settings import RecordSettings
from ghosteam.steps.shift_traffic import shift_traffic


@cache
def _context() -> tuple[StateTable, Objects]:
    settings = RecordSettings.from_environment(os.environ)
    return (
        StateTable(boto3.client("dynamodb"), settings.state_table),
        Objects(boto3.client("s3"), settings.artifact_bucket),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    state, artifacts = _context()
    shifted = shift_traffic(event, state=state, artifacts=artifacts, now=datetime.now(UTC))
    return {"slot": shifted.slot, "since": shifted.since.isoformat()}


handler = task_handler(_handle)
