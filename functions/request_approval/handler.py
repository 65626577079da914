"""Rollout task with a token: ask people to approve a model."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.alerts import Alerts
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.settings import ApprovalSettings
from ghosteam.steps.request_approval import request_approval


@cache
def _context() -> tuple[StateTable, Objects, Alerts, str]:
    settings = ApprovalSettings.from_environment(os.environ)
    return (
        StateTable(boto3.client("dynamodb"), settings.state_table),
        Objects(boto3.client("s3"), settings.artifact_bucket),
        Alerts(boto3.client("sns"), settings.alert_topic_arn),
        settings.environment_name,
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    state, artifacts, alerts, environment = _context()
    now = datetime.now(UTC)
    request_approval(
        event, state=state, artifacts=artifacts, alerts=alerts, environment=environment, now=now
    )
    return {"asked_at": now.isoformat()}


handler = task_handler(_handle)
