"""The real CDK command line against the embedded account."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.cdk_cli import run_cdk
from tests.local.conftest import EmbeddedAccount, eventually

pytestmark = pytest.mark.local

APP = '''
import aws_cdk as cdk
from aws_cdk import (
    aws_cloudtrail as cloudtrail, aws_cloudwatch as cloudwatch, aws_cognito as cognito,
    aws_events as events,
    aws_events_targets as targets, aws_iam as iam, aws_kinesisfirehose as firehose, aws_kms as kms,
    aws_lambda as lambda_, aws_logs as logs, aws_logs_destinations as destinations, aws_s3 as s3,
    aws_sns as sns,
    aws_sns_subscriptions as subscriptions, aws_sqs as sqs,
)

app = cdk.App()
environment = cdk.Environment(account="000000000000", region="us-east-1")

one = cdk.Stack(app, "OneBucket", env=environment)
s3.Bucket(one, "Bucket", bucket_name="deployed-bucket", enforce_ssl=True)

types = cdk.Stack(app, "Types", env=environment)
key = kms.Key(types, "Key")
bucket = s3.Bucket(types, "Lake", bucket_name="deployed-lake", encryption_key=key)
bus = events.EventBus(types, "Bus", event_bus_name="deployed")
events.Archive(types, "Archive", source_event_bus=bus,
    event_pattern=events.EventPattern(source=["a"]))
fifo = sqs.Queue(types, "Fifo", fifo=True, encryption_master_key=key)
pattern = events.EventPattern(source=["a"])
events.Rule(
    types, "Rule", event_bus=bus, event_pattern=pattern, targets=[targets.SqsQueue(fifo,
    message_group_id="g")]
)
topic = sns.Topic(types, "Topic", master_key=key)
topic.add_subscription(subscriptions.SqsSubscription(sqs.Queue(types, "Subscriber",
    encryption_master_key=key)))
pool = cognito.UserPool(types, "Pool")
pool.add_resource_server(
    "Server", identifier="api", scopes=[cognito.ResourceServerScope(scope_name="read",
    scope_description="read")]
)
stream = firehose.DeliveryStream(types, "Stream", destination=firehose.S3Bucket(bucket))
group = logs.LogGroup(types, "Group")
logs.SubscriptionFilter(
    types, "Filter", log_group=group, destination=destinations.FirehoseDestination(stream),
    filter_pattern=logs.FilterPattern.string_value("$.kind", "=", "prediction"),
)
cloudtrail.Trail(types, "Trail", bucket=bucket)
alarm = cloudwatch.Alarm(
    types, "Alarm", metric=cloudwatch.Metric(namespace="n", metric_name="m"), threshold=1,
    evaluation_periods=1
)
cloudwatch.CompositeAlarm(types, "Composite", alarm_rule=cloudwatch.AlarmRule.from_alarm(alarm,
    cloudwatch.AlarmState.ALARM))
code = """
import json, urllib.request
def handler(event, context):
    answer = {
        "Status": "SUCCESS", "PhysicalResourceId": "made", "StackId": event["StackId"],
        "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Said": "hello " + event["ResourceProperties"]["Name"]},
    }
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(answer).encode(),
    method="PUT")
    urllib.request.urlopen(request)
"""
function = lambda_.Function(
    types, "Custom", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler",
    code=lambda_.Code.from_inline(code)
)
custom = cdk.CustomResource(types, "Greeting", service_token=function.function_arn,
    properties={"Name": "flights"})
cdk.CfnOutput(types, "Said", value=custom.get_att_string("Said"))
app.synth()
'''


def cdk(account: EmbeddedAccount, folder: Path, *args: str) -> None:
    lines: list[str] = []
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    code = run_cdk(
        args,
        env={**environment, **account.descriptor.environment},
        on_line=lines.append,
        cwd=folder,
    )
    assert code == 0, "\n".join(lines[-40:])


def test_cdk_bootstraps_deploys_and_destroys(
    embedded_account: EmbeddedAccount, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(APP)
    app = ("--app", f"{sys.executable} app.py")
    cdk(embedded_account, tmp_path, "bootstrap", "aws://000000000000/us-east-1")
    cdk(embedded_account, tmp_path, "synth", *app, "--quiet", "--output", "assembly")
    deploy = ("deploy", "--all", "--app", "assembly", "--require-approval", "never")
    cdk(embedded_account, tmp_path, *deploy)
    buckets = {bucket["Name"] for bucket in embedded_account.client("s3").list_buckets()["Buckets"]}
    assert {"deployed-bucket", "deployed-lake"} <= buckets
    stack = embedded_account.client("cloudformation").describe_stacks(StackName="Types")["Stacks"][
        0
    ]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs["Said"] == "hello flights"
    assert (
        embedded_account.client("cloudtrail").describe_trails()["trailList"][0]["S3BucketName"]
        == "deployed-lake"
    )
    cloudformation = embedded_account.client("cloudformation")
    resources = cloudformation.describe_stack_resources(StackName="Types")["StackResources"]
    group = next(
        found["PhysicalResourceId"]
        for found in resources
        if found["ResourceType"] == "AWS::Logs::LogGroup"
    )
    filters = embedded_account.client("logs").describe_subscription_filters(logGroupName=group)[
        "subscriptionFilters"
    ]
    assert [found["filterPattern"] for found in filters] == ['{ $.kind = "prediction" }']
    cdk(embedded_account, tmp_path, *deploy)
    cdk(embedded_account, tmp_path, "destroy", "--all", "--force", "--app", "assembly")
    names = {stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]}
    assert not {"OneBucket", "Types"} & names


def test_a_template_with_a_property_that_the_schema_does_not_know_is_refused(
    embedded_account: EmbeddedAccount,
) -> None:
    def status(properties: dict[str, Any]) -> tuple[str, str]:
        return _deployed(embedded_account, "AWS::SQS::Queue", properties)

    assert status({"QueueName": "known"})[0] == "CREATE_COMPLETE"
    refused, why = status({"QueueName": "unknown", "Colour": "red"})
    assert refused in ("ROLLBACK_COMPLETE", "ROLLBACK_IN_PROGRESS", "CREATE_FAILED")
    assert "extraneous key [Colour] is not permitted" in why


def test_a_template_with_a_type_whose_answers_would_be_made_up_is_refused(
    embedded_account: EmbeddedAccount,
) -> None:
    refused, why = _deployed(embedded_account, "AWS::Athena::WorkGroup", {"Name": "ask"})
    assert refused in ("ROLLBACK_COMPLETE", "ROLLBACK_IN_PROGRESS", "CREATE_FAILED")
    assert "The embedded account has no Athena" in why and "infra/settings.py" in why


def _deployed(
    embedded_account: EmbeddedAccount, kind: str, properties: dict[str, Any]
) -> tuple[str, str]:
    """Status of a stack with this one resource, and what was said of it."""
    stacks = embedded_account.client("cloudformation")
    name = f"one-{kind.rpartition(':')[2]}-{len(properties)}"
    body = json.dumps({"Resources": {"One": {"Type": kind, "Properties": properties}}})
    stacks.create_stack(StackName=name, TemplateBody=body)
    found = eventually(
        lambda: (
            (one := stacks.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"]
            != "CREATE_IN_PROGRESS"
            and one
        )
    )
    events = stacks.describe_stack_events(StackName=name)["StackEvents"]
    return found["StackStatus"], " ".join(event.get("ResourceStatusReason", "") for event in events)
