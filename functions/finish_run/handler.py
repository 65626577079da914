"""SQS ← "Step Functions Execution Status Change" of the retraining machine: give the lease back,
close the run.
"""

from __future__ import annotations

from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.documents.event import ExecutionChanged
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.settings import ChangeSettings
from ghosteam.steps.finish_run import finish_run

aws = Wiring(ChangeSettings, boto3.client)


def _handle(event: ExecutionChanged) -> None:
    finish_run(event["detail"], now=datetime.now(UTC), state=aws.state, bus=aws.bus)


handler = queue_handler(_handle, lambda: aws.work_queue)
