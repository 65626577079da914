"""Rebuild task: put on the queues what a deployment had no time for; says whether something is left
for the next call.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.retraining.changes import Folder
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import OfProblem
from ghosteam.runtime.problems import contract_code, deployed_problems, repository
from ghosteam.runtime.settings import PublishSettings
from ghosteam.runtime.turns import turn_of
from ghosteam.steps.made_anew import Publishing
from ghosteam.steps.rebuild import rebuild

TURN_MINUTES = 10
"""Of the function's fifteen: what is begun in a turn is done after it."""
aws = Wiring(PublishSettings, boto3.client)


def _handle(event: OfProblem) -> Mapping[str, object]:
    name, more = event["problem"], turn_of(TURN_MINUTES)
    problem = deployed_problems().get(name)
    folder = Folder(problem, contract_code(repository() / name)) if problem else None
    publishing = Publishing(aws.state, aws.artifacts, aws.bus)
    return {"left": rebuild(folder, publishing, now=datetime.now(UTC), more=more)}


handler = task_handler(_handle)
