"""A state machine that AWS would refuse is refused by the service's own call and by a template."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import EmbeddedAccount, eventually

pytestmark = pytest.mark.local


def test_a_definition_that_aws_refuses_is_refused(embedded_account: EmbeddedAccount) -> None:
    job = {
        "ProcessingInputs": [
            {"InputName": "a", "S3Input": {"S3Uri.$": "s3://bucket/key.zip", "LocalPath": "/a"}}
        ]
    }
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync",
        "Parameters": job,
        "End": True,
    }
    definition = json.dumps({"StartAt": "Job", "States": {"Job": task}})
    role = embedded_account.role("refused", "states.amazonaws.com")
    with pytest.raises(ClientError, match=r"SCHEMA_VALIDATION_FAILED.*S3Uri") as caught:
        embedded_account.client("stepfunctions").create_state_machine(
            name="refused", definition=definition, roleArn=role
        )
    assert caught.value.response["Error"]["Code"] == "InvalidDefinition"
    properties = {"StateMachineName": "refused", "RoleArn": role, "DefinitionString": definition}
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    formation = embedded_account.client("cloudformation")
    formation.create_stack(
        StackName="refused", TemplateBody=json.dumps({"Resources": {"Machine": resource}})
    )

    def ended() -> str | None:
        status = formation.describe_stacks(StackName="refused")["Stacks"][0]["StackStatus"]
        return str(status) if not status.endswith("_IN_PROGRESS") else None

    assert eventually(ended) in ("ROLLBACK_COMPLETE", "CREATE_FAILED")
    events = formation.describe_stack_events(StackName="refused")["StackEvents"]
    assert any(
        "SCHEMA_VALIDATION_FAILED" in event.get("ResourceStatusReason", "") for event in events
    )
