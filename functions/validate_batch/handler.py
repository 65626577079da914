"""SQS ← BatchIngested: apply the contract to a batch."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.aws.work_queue import WorkQueue
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.problems import deployed_problems, repository
from ghosteam.runtime.settings import ValidateSettings
from ghosteam.steps.validate_batch import Validation, validate_batch


@cache
def _context() -> Validation:
    settings = ValidateSettings.from_environment(os.environ)
    return Validation(
        lake=Objects(boto3.client("s3"), settings.lake_bucket),
        ledger=BatchLedger(StateTable(boto3.client("dynamodb"), settings.state_table)),
        bus=Bus(boto3.client("events"), settings.bus_name),
        problems=deployed_problems(),
        repository=repository(),
        function_rows=int(settings.function_rows),
    )


def _handle(event: dict[str, Any]) -> object:
    return validate_batch(event, _context())


handler = queue_handler(
    _handle, lambda: WorkQueue.from_environment(boto3.client("sqs"), os.environ)
)
