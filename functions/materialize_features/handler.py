"""SQS FIFO, one group a problem ← BatchValidated, BatchWithdrawn: bring the online store up to
date.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.aws.work_queue import WorkQueue
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.observability import logger
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import MaterializeSettings
from ghosteam.steps.materialize_features import materialize_features


@dataclass(frozen=True)
class _Context:
    settings: MaterializeSettings
    state: StateTable
    lake: Objects
    online: Any
    bus: Bus


@cache
def _context() -> _Context:
    settings = MaterializeSettings.from_environment(os.environ)
    dynamodb = boto3.client("dynamodb", config=Config(max_pool_connections=16))
    return _Context(
        settings,
        StateTable(dynamodb, settings.state_table),
        Objects(boto3.client("s3"), settings.lake_bucket),
        dynamodb,
        Bus(boto3.client("events"), settings.bus_name),
    )


def _handle(event: dict[str, Any]) -> None:
    detail, context = event["detail"], _context()
    done = materialize_features(
        find_problem(deployed_problems(), detail["problem"]),
        detail["dataset"],
        detail["batch_id"],
        state=context.state,
        lake=context.lake,
        online=context.online,
        online_prefix=context.settings.online_prefix,
        bus=context.bus,
    )
    rows = {
        "rows_written": done.written,
        "rows_unchanged": done.unchanged,
        "rows_removed": done.removed,
    }
    logger.info(
        "features materialised",
        extra={**rows, "dataset": detail["dataset"], "batch_id": detail["batch_id"]},
    )


handler = queue_handler(
    _handle, lambda: WorkQueue.from_environment(boto3.client("sqs"), os.environ)
)
