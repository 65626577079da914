"""Custom resource: when folders are deployed, their definitions come into force, with the work that
their changes make necessary.
"""

from __future__ import annotations

from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.retraining.changes import Folder
from ghosteam.runtime.custom_resource import custom_resource_handler
from ghosteam.runtime.problems import contract_code, deployed_problems, repository
from ghosteam.runtime.settings import PublishSettings
from ghosteam.runtime.turns import turn_of
from ghosteam.steps.made_anew import Publishing
from ghosteam.steps.publish_definitions import publish_all

TURN_MINUTES = 5
"""Of the function's fourteen; what is left then, a workflow does after the deployment."""
aws = Wiring(PublishSettings, boto3.client)


def _handle(request: str, _properties: object) -> dict[str, str]:
    if request == "Delete":
        return {}
    more = turn_of(TURN_MINUTES)
    folders = {
        name: Folder(problem, contract_code(repository() / name))
        for name, problem in deployed_problems().items()
    }
    publishing = Publishing(aws.state, aws.artifacts, aws.bus)
    changes = publish_all(folders, publishing, now=datetime.now(UTC), more=more)
    # CloudFormation takes 4,096 bytes of an answer; the log names each problem that changed.
    return {"changed": str(len(changes))}


handler = custom_resource_handler(_handle, physical_id="ghosteam-definitions")
