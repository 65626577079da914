"""SQS ← "Step Functions Execution Status Change" of the retraining machine: give the lease back,
close the run.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.bus import Bus
from ghosteam.aws.state import StateTable
from ghosteam.aws.work_queue import WorkQueue
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.settings import Settings
from ghosteam.steps.finish_run import finish_run


@cache
def _context() -> tuple[StateTable, Bus]:
    settings = Settings.from_environment(os.environ)
    return (
        StateTable(boto3.client("dynamodb"), settings.state_table),
        Bus(boto3.client("events"), settings.bus_name),
    )


def _handle(event: dict[str, Any]) -> None:
    state, bus = _context()
    finish_run(event["detail"], now=datetime.now(UTC), state=state, bus=bus)


handler = queue_handler(
    _handle, lambda: WorkQueue.from_environment(boto3.client("sqs"), os.environ)
)
