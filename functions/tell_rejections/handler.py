"""SQS ← BatchRejected, or schedule: tell people of rejected files, once a data set and hour."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import queue_handler, task_handler
from ghosteam.runtime.settings import AlertSettings
from ghosteam.steps.tell_rejections import Telling, note_rejection, tell_rejections

aws = Wiring(AlertSettings, boto3.client)


def _telling() -> Telling:
    return Telling(aws.state, aws.alerts, aws.settings.environment_name)


def _on_rejection(event: dict[str, Any]) -> None:
    note_rejection(event, _telling(), now=datetime.now(UTC))


def _on_clock(_event: dict[str, Any]) -> dict[str, Any]:
    return {"told": tell_rejections(_telling(), now=datetime.now(UTC))}


_queue = queue_handler(_on_rejection, lambda: aws.work_queue)
_task = task_handler(_on_clock, step="tell_rejections")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A queue's messages carry ``Records``; anything else is the clock."""
    return _queue(event, context) if "Records" in event else _task(event, context)
