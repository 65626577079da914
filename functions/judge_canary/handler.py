"""Rollout task: judge the challenger by the prediction log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

import boto3
from botocore.config import Config

from ghosteam.aws.wiring import Wiring
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import OfVersion
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import JudgeSettings
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.judge_canary import judge_canary

# A champion that hangs is no evidence against the challenger; the next look asks it again.
_SCORING = Config(connect_timeout=1, read_timeout=15, retries={"total_max_attempts": 1})

aws = Wiring(JudgeSettings, boto3.client, configs={"sagemaker-runtime": _SCORING})


def _handle(event: OfVersion) -> Mapping[str, object]:
    problem = find_problem(deployed_problems(), event["problem"])
    verdict = judge_canary(
        problem,
        event,
        state=aws.state,
        lake=aws.lake,
        artifacts=aws.artifacts,
        definitions=Definitions(aws.artifacts),
        endpoints=aws.endpoints,
        now=datetime.now(UTC),
    )
    return asdict(verdict)


handler = task_handler(_handle)
