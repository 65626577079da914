"""SQS FIFO, one group a problem ← BatchValidated, BatchWithdrawn: bring the online store up to
date; ← RolloutStarted: have there what models need; ← a problem's turn: remove what none needs any
more.
"""

from __future__ import annotations

from collections.abc import Sequence

import boto3
from botocore.config import Config

from ghosteam.aws.wiring import Wiring
from ghosteam.documents.online_versions import STEP
from ghosteam.json_object import JsonObject
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.observability import count, heartbeat, logger
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import MaterializeSettings
from ghosteam.steps.definitions import Definitions, problems_online
from ghosteam.steps.materialize_features import materialize_features
from ghosteam.steps.online_versions import OnlineStore

aws = Wiring(
    MaterializeSettings, boto3.client, configs={"dynamodb": Config(max_pool_connections=16)}
)


def _handle(event: JsonObject) -> None:
    detail = event.get("detail", {})
    problem = find_problem(deployed_problems(), detail.get("problem") or event["problem"])
    others = problems_online(problem, aws.state, Definitions(aws.artifacts))
    store = OnlineStore(problem.problem, aws.state, aws.dynamodb, aws.settings.online_prefix)
    store.follow_needs(problem, others, aws.bus)
    if not detail:
        removed = store.remove_unneeded([problem, *others])
        count("OnlineRowsRemoved", removed)
        logger.info("unneeded online rows removed", extra={"rows_removed": removed})
        heartbeat(STEP)
    elif "batch_id" in detail:
        _materialize(problem, others, detail)


def _materialize(problem: Problem, others: Sequence[Problem], detail: JsonObject) -> None:
    done = materialize_features(
        problem,
        detail["dataset"],
        detail["batch_id"],
        serving=others,
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
