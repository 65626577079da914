"""SQS ← BatchRejected, or schedule: tell people of rejected files, once a data set and hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.documents.event import BusEvent
from ghosteam.json_object import JsonObject
from ghosteam.runtime.boundary import queue_handler, queue_or_task_handler, task_handler
from ghosteam.runtime.settings import AlertSettings
from ghosteam.steps.tell_rejections import Telling, note_rejection, tell_rejections

aws = Wiring(AlertSettings, boto3.client)


def _telling() -> Telling:
    return Telling(aws.state, aws.alerts, aws.settings.environment_name)


def _on_rejection(event: BusEvent) -> None:
    note_rejection(event, _telling(), now=datetime.now(UTC))


def _on_clock(_event: JsonObject) -> Mapping[str, object]:
    return {"told": tell_rejections(_telling(), now=datetime.now(UTC))}


_queue = queue_handler(_on_rejection, lambda: aws.work_queue)
_task = task_handler(_on_clock, step="tell_rejections")

handler = queue_or_task_handler(_queue, _task)
