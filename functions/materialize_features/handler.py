"""SQS FIFO, one group a problem ← BatchValidated, BatchWithdrawn: bring the online store up to
date; ← RolloutStarted: have there what models need; ← a problem's turn: remove what none needs any
more; ← ProblemWithdrawn: remove all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

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
from ghosteam.runtime.settings import OutcomeSettings
from ghosteam.runtime.turns import More, turn_of
from ghosteam.steps.definitions import Definitions, problems_online
from ghosteam.steps.materialize_features import materialize_features
from ghosteam.steps.online_versions import OnlineStore

TURN_MINUTES = 7
"""Of the function's fifteen: what is begun in a turn is done after it."""
aws = Wiring(OutcomeSettings, boto3.client, configs={"dynamodb": Config(max_pool_connections=16)})


def _handle(event: JsonObject) -> None:
    detail, more = event.get("detail", {}), turn_of(TURN_MINUTES)
    name = detail.get("problem") or event["problem"]
    store = OnlineStore(name, aws.state, aws.dynamodb, aws.settings.online_prefix)
    if event.get("detail-type") == "ProblemWithdrawn" and name not in deployed_problems():
        _removed(store.remove_all(more=more))
        return
    problem = find_problem(deployed_problems(), name)
    others = problems_online(problem, aws.state, Definitions(aws.artifacts))
    store.follow_needs(problem, others, aws.bus, more=more)
    if not detail:
        _removed(store.remove_unneeded([problem, *others], more=more))
        heartbeat(STEP)
    elif "batch_id" in detail:
        _materialize(problem, others, detail, more)


def _removed(rows: int) -> None:
    count("OnlineRowsRemoved", rows)
    logger.info("online rows removed", extra={"rows_removed": rows})


def _materialize(
    problem: Problem, others: Sequence[Problem], detail: JsonObject, more: More
) -> None:
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
        now=datetime.now(UTC),
        more=more,
    )
    rows = {
        "rows_written": done.written,
        "rows_unchanged": done.unchanged,
        "rows_removed": done.removed,
    }
    logger.info(
        "features materialized",
        extra={**rows, "dataset": detail["dataset"], "batch_id": detail["batch_id"]},
    )


handler = queue_handler(_handle, lambda: aws.work_queue, alone=True)
