"""Rollout task: take down an endpoint that is needed no more."""

from __future__ import annotations

from collections.abc import Mapping

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import Retirement
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import StateSettings
from ghosteam.steps.retire_slot import retire_slot

aws = Wiring(StateSettings, boto3.client)


def _handle(event: Retirement) -> Mapping[str, object]:
    retired = retire_slot(
        event["endpoint_name"],
        problems=deployed_problems(),
        state=aws.state,
        admin=aws.endpoint_admin,
    )
    return {"retired": retired}


handler = task_handler(_handle)
