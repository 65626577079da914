"""SQS ← "Object Created" and "Object Deleted" of the landing bucket, and ReadAgain: turn the file
into typed raw parts, or withdraw its rows.
"""

from __future__ import annotations

from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import IngestSettings
from ghosteam.steps.follow_landing import follow_landing
from ghosteam.steps.ingest_file import Ingest

aws = Wiring(IngestSettings, boto3.client)


def _handle(event: JsonObject) -> object:
    ingest = Ingest(
        landing=aws.landing,
        lake=aws.lake,
        ledger=aws.ledger,
        bus=aws.bus,
        problems=deployed_problems(),
        max_file_bytes=int(aws.settings.max_file_bytes),
        part_rows=int(aws.settings.part_rows),
        function_bytes=int(aws.settings.function_bytes),
    )
    return follow_landing(event, ingest, now=datetime.now(UTC))


handler = queue_handler(_handle, lambda: aws.work_queue)
