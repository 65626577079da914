"""SQS FIFO, one group a problem ← BatchValidated, BatchWithdrawn: bring the online store up to
date.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from ghosteam.aws.wiring import Wiring
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.observability import logger
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import MaterializeSettings
from ghosteam.steps.definitions import Definitions, problems_that_serve
from ghosteam.steps.materialize_features import materialize_features

aws = Wiring(
    MaterializeSettings, boto3.client, configs={"dynamodb": Config(max_pool_connections=16)}
)


def _handle(event: dict[str, Any]) -> None:
    detail = event["detail"]
    problem = find_problem(deployed_problems(), detail["problem"])
    done = materialize_features(
        problem,
        detail["dataset"],
        detail["batch_id"],
        serving=problems_that_serve(problem, aws.state, Definitions(aws.artifacts)),
        state=aws.state,
        lake=aws.lake,
        online=aws.dynamodb,
        online_prefix=aws.settings.online_prefix,
        bus=aws.bus,
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


handler = queue_handler(_handle, lambda: aws.work_queue)
