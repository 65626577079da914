"""Every allowed action exists, and each of its resources is one that AWS lets it be limited to, by
AWS's own tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from tests.infra.templates import Resource, Synthesized, as_list, text

# ARNs of resources that statements refer to.
ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::name",
    "AWS::KMS::Key": "arn:aws:kms:us-east-1:111122223333:key/name",
    "AWS::DynamoDB::GlobalTable": "arn:aws:dynamodb:us-east-1:111122223333:table/name",
    "AWS::Events::EventBus": "arn:aws:events:us-east-1:111122223333:event-bus/name",
    "AWS::SNS::Topic": "arn:aws:sns:us-east-1:111122223333:name",
    "AWS::SQS::Queue": "arn:aws:sqs:us-east-1:111122223333:name",
    "AWS::Lambda::Function": "arn:aws:lambda:us-east-1:111122223333:function:name",
    "AWS::Lambda::Alias": "arn:aws:lambda:us-east-1:111122223333:function:name:live",
    "AWS::IAM::Role": "arn:aws:iam::111122223333:role/name",
    "AWS::Logs::LogGroup": "arn:aws:logs:us-east-1:111122223333:log-group:name:*",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:us-east-1:111122223333:stateMachine:name",
    "AWS::SageMaker::MlflowApp": "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/name",
    "AWS::KinesisFirehose::DeliveryStream": (
        "arn:aws:firehose:us-east-1:111122223333:deliverystream/name"
    ),
    "AWS::Kinesis::Stream": "arn:aws:kinesis:us-east-1:111122223333:stream/name",
}
# A resource that AWS's documentation allows and its tables do not name, with the place where it is
# said.
BEYOND_THE_TABLES = {
    # "Amazon CloudWatch Logs endpoints … log-group:name:log-stream:*" and the group's own ARN
    # ending in :*, Logs user guide.
    "logs:CreateLogStream": r"arn:aws:logs:.*:log-group:.*",
    "logs:PutLogEvents": r"arn:aws:logs:.*:log-group:.*",
}


def arn(environment: Synthesized, stack: str, value: Any) -> str:
    """A statement's resource as an ARN, whatever it refers to."""
    told = text(value)
    for reference in re.findall(r"<([^<>]+)>", told):
        told = told.replace(f"<{reference}>", _referred(environment, stack, reference), 1)
    return told


def _referred(environment: Synthesized, stack: str, reference: str) -> str:
    pseudo = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "111122223333"}
    if reference in pseudo:
        return pseudo[reference]
    if ":ExportsOutput" in reference:
        other, _, name = reference.partition(":")
        output = environment.templates[other.rpartition("-")[2]]["Outputs"][name]
        return arn(environment, other.rpartition("-")[2], output["Value"])
    id, _, attribute = reference.partition(".")
    kind = environment.named(stack, id).kind
    named = attribute in ("", "Name") and kind not in (
        "AWS::SNS::Topic",
        "AWS::StepFunctions::StateMachine",
        "AWS::Lambda::Alias",
    )
    return "name" if named else ARNS[kind]


@cache
def formats(action: str) -> tuple[str, ...]:
    """Formats of the ARNs that an action can be limited to; ``*`` where it cannot. Raises KeyError
    for no such action.
    """
    service, _, name = action.partition(":")
    found = get_action_data(service, name)
    if not found:
        raise KeyError(action)
    all_formats = {str(row["resource_arn_format"]) for row in found[service]}
    # The tables have a row without a resource for what an action may need besides.
    return tuple(sorted(all_formats - {"*"})) or ("*",)


def suits(resource: str, format: str) -> bool:
    """Whether a resource, in which ``*`` stands for anything, is of a format."""
    if format == "*" or resource == "*":
        return format == resource
    pattern = re.sub(r"\\\$\\\{BucketName\\\}", "[^/]+", re.escape(format))
    pattern = re.sub(r"\\\$\\\{[^}]*\\\}", ".+", pattern)
    return re.fullmatch(pattern, resource.replace("*", "x").replace("?", "x")) is not None


def allowed(environment: Synthesized) -> Iterator[tuple[Resource, str, list[str]]]:
    """Each action that a role is allowed, and its resources as ARNs."""
    for policy, statement in environment.grants():
        resources = [
            arn(environment, policy.stack, resource) for resource in as_list(statement["Resource"])
        ]
        for action in as_list(statement["Action"]):
            yield policy, action, resources


def resource_policies(environment: Synthesized) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for resource in environment.resources:
        document = resource.properties.get("KeyPolicy") or resource.properties.get("PolicyDocument")
        if document and resource.kind != "AWS::IAM::Policy":
            for statement in document["Statement"]:
                yield resource, statement


def test_every_allowed_action_exists_and_suits_its_resources(environment: Synthesized) -> None:
    wrong = []
    for policy, action, resources in allowed(environment):
        try:
            known = formats(action)
        except KeyError:
            wrong.append(f"{policy}: there is no action {action}")
            continue
        beyond = BEYOND_THE_TABLES.get(action)
        for resource in resources:
            if not any(suits(resource, format) for format in known) and not (
                beyond and re.fullmatch(beyond, resource)
            ):
                wrong.append(
                    f"{policy}: {action} cannot be limited to {resource}, only to "
                    f"{sorted(set(known))}"
                )
    assert wrong == []


def test_every_action_of_a_resources_own_policy_exists(environment: Synthesized) -> None:
    found = list(resource_policies(environment))
    assert len(found) > 10
    for resource, statement in found:
        for action in as_list(statement["Action"]):
            if not action.endswith("*"):
                assert formats(action), f"{resource}: {action}"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "arn:aws:s3:::bucket"),
        ("s3:ListBucket", "arn:aws:s3:::bucket/key"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:111122223333:stream/name"),
        ("sagemaker:ListEndpoints", "arn:aws:sagemaker:us-east-1:111122223333:endpoint/name"),
        ("sagemaker:InvokeEndpoint", "*"),
    ],
)
def test_a_resource_that_does_not_suit_is_found(action: str, resource: str) -> None:
    assert not any(suits(resource, format) for format in formats(action))


def test_an_action_that_does_not_exist_is_found() -> None:
    with pytest.raises(KeyError):
        formats("sagemaker:CreateMlflowThing")
