"""Retraining task: put the evaluation on record, and decide whether its model is fitted again."""

from __future__ import annotations

from collections.abc import Mapping

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import OfRun
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import RecordSettings
from ghosteam.steps.choose_model import choose_model

aws = Wiring(RecordSettings, boto3.client)


def _handle(event: OfRun) -> Mapping[str, object]:
    problem = find_problem(deployed_problems(), event["problem"])
    chosen = choose_model(problem, event["run_id"], artifacts=aws.artifacts, state=aws.state)
    return {"refit": chosen.refit, "uri": chosen.uri, "key": chosen.key}


handler = task_handler(_handle)
