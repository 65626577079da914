"""Least privilege: spelled-out actions, narrow resources, nothing attached from elsewhere."""

from __future__ import annotations

from ghosteam.features.views import online_table
from tests.infra.templates import Synthesized, as_list, logical_id, text

# Actions for which AWS knows no resources. Source: Service Authorization Reference, "Resource
# types".
WITHOUT_RESOURCES = {
    "application-autoscaling:DescribeScalableTargets",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListEndpoints",
    "sagemaker:ListModels",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}


def test_no_role_is_granted_an_action_by_wildcard(environment: Synthesized) -> None:
    wild = [
        f"{policy}: {action}"
        for policy, statement in environment.grants()
        if statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
        if "*" in action
    ]
    assert not wild


def test_every_resource_is_named_but_for_actions_that_know_none(environment: Synthesized) -> None:
    for policy, statement in environment.grants():
        assert "NotAction" not in statement, policy
        assert "NotResource" not in statement, policy
        if "*" in as_list(statement["Resource"]):
            assert set(as_list(statement["Action"])) <= WITHOUT_RESOURCES, policy


def test_metrics_are_put_only_into_our_namespace_and_by_jobs_into_sagemakers(
    environment: Synthesized,
) -> None:
    own = {"StringEquals": {"cloudwatch:namespace": f"Ghosteam/{environment.settings.name}"}}
    of_jobs = {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker"]}}
    conditions = [
        s.get("Condition")
        for _, s in environment.grants()
        if "cloudwatch:PutMetricData" in as_list(s["Action"])
    ]
    assert conditions.count(own) == 1 and conditions.count(of_jobs) == len(conditions) - 1 > 0


def test_a_role_is_handed_to_one_service_only(environment: Synthesized) -> None:
    passing = [(p, s) for p, s in environment.grants() if "iam:PassRole" in as_list(s["Action"])]
    assert passing
    for policy, statement in passing:
        assert statement["Condition"] == {
            "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
        }, policy
        assert all(logical_id(resource) for resource in as_list(statement["Resource"])), policy


def test_no_managed_policy_and_no_user_or_group_exists(environment: Synthesized) -> None:
    assert not [
        str(r) for r in environment.of("AWS::IAM::Role") if r.properties.get("ManagedPolicyArns")
    ]
    kinds = {
        resource.kind
        for resource in environment.resources
        if resource.kind.startswith("AWS::IAM::")
    }
    assert kinds == {"AWS::IAM::Role", "AWS::IAM::Policy"}


def test_roles_are_assumed_by_one_service_each_and_by_no_account(environment: Synthesized) -> None:
    for role in environment.of("AWS::IAM::Role"):
        (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        assert list(statement["Principal"]) == ["Service"], role
        assert isinstance(statement["Principal"]["Service"], str), role


def test_only_the_function_that_writes_features_may_write_the_online_table(
    environment: Synthesized,
) -> None:
    table = f":table/{online_table(environment.settings.online_prefix)}"
    writers = {
        policy.id
        for policy, statement in environment.grants()
        if {"dynamodb:BatchWriteItem", "dynamodb:PutItem"} & set(as_list(statement["Action"]))
        and any(text(resource).endswith(table) for resource in as_list(statement["Resource"]))
    }
    assert len(writers) == 1
    assert next(iter(writers)).startswith("MaterializeFeatures")


def test_a_queue_takes_events_from_this_account_alone(environment: Synthesized) -> None:
    for policy in environment.of("AWS::SQS::QueuePolicy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            if statement["Principal"] == {"Service": "events.amazonaws.com"}:
                conditions = statement.get("Condition", {})
                named = {key.lower() for operator in conditions.values() for key in operator}
                assert named & {"aws:sourceaccount", "aws:sourcearn"}, policy


def test_what_delivers_the_log_cannot_write_what_is_read_of_it(environment: Synthesized) -> None:
    """Nor may what compacts it delete anything but what was delivered."""
    written, deleted = set(), set()
    for policy, statement in environment.grants():
        actions = as_list(statement["Action"])
        resources = [text(one) for one in as_list(statement["Resource"])]
        if "PredictionLogRole" in policy.id and "s3:PutObject" in actions:
            written |= {one.rpartition(">")[2] for one in resources}
        if "s3:DeleteObject" in actions:
            assert "CompactLog" in policy.id
            deleted |= {one.rpartition(">")[2] for one in resources}
    assert written == {
        "/prediction-log-raw/*",
        "/prediction-log-failed/*",
    }
    assert deleted == {
        "/prediction-log-raw/*",
        "/prediction-log-failed/*",
        "/predictions/2*",
    }
