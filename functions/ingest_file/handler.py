"""SQS ← "Object Created" and "Object Deleted" of the landing bucket: turn the file into typed raw
parts, or withdraw its rows.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.aws.work_queue import WorkQueue
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import IngestSettings
from ghosteam.steps.ingest_file import Ingest, ingest_file
from ghosteam.steps.withdraw_file import withdraw_file


@cache
def _context() -> Ingest:
    settings = IngestSettings.from_environment(os.environ)
    s3 = boto3.client("s3")
    return Ingest(
        landing=Objects(s3, settings.landing_bucket),
        lake=Objects(s3, settings.lake_bucket),
        ledger=BatchLedger(StateTable(boto3.client("dynamodb"), settings.state_table)),
        bus=Bus(boto3.client("events"), settings.bus_name),
        problems=deployed_problems(),
        max_file_bytes=int(settings.max_file_bytes),
        part_rows=int(settings.part_rows),
        function_bytes=int(settings.function_bytes),
    )


def _handle(event: dict[str, Any]) -> object:
    if event["detail-type"] == "Object Deleted":
        return withdraw_file(event, _context())
    return ingest_file(event, _context(), now=datetime.now(UTC))


handler = queue_handler(
    _handle, lambda: WorkQueue.from_environment(boto3.client("sqs"), os.environ)
)
