"""Rollout task: take the lease and plan the slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.problem.load import find_problem
from ghosteam.rollout.plan import Hosting
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import RolloutExecution
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import PrepareSettings
from ghosteam.steps.prepare_rollout import NothingToDo, prepare_rollout

aws = Wiring(PrepareSettings, boto3.client)


def _handle(event: RolloutExecution) -> Mapping[str, object]:
    request = event["request"]
    prepared = prepare_rollout(
        find_problem(deployed_problems(), request["problem"]),
        {**request, "execution": event["execution"]},
        state=aws.state,
        artifacts=aws.artifacts,
        bus=aws.bus,
        hosting=Hosting(
            environment_name=aws.settings.environment_name,
            image=aws.settings.job_image,
            role_arn=aws.settings.endpoint_role_arn,
            name_prefix=aws.settings.name_prefix,
        ),
        now=datetime.now(UTC),
    )
    return {"skip": prepared.reason} if isinstance(prepared, NothingToDo) else asdict(prepared)


handler = task_handler(_handle)
