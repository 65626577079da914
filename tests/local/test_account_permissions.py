"""What services do on a role's behalf is checked against the role."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import supervisor
from tests.local.conftest import EmbeddedAccount, allow, eventually, policy

pytestmark = pytest.mark.local

ECHO = "def handler(event, context): return {'got': event}\n"


def run(
    account: EmbeddedAccount, name: str, task: dict[str, Any], *statements: dict[str, Any]
) -> dict[str, Any]:
    """Run a state machine of one task under a role with these statements; the finished
    execution.
    """
    states = account.client("stepfunctions")
    role = account.role(f"{name}-machine", "states.amazonaws.com", *statements)
    caught = {"Type": "Pass", "Result": "caught", "ResultPath": "$.by", "End": True}
    catch = [{"ErrorEquals": ["Unfit"], "Next": "Caught"}]
    definition = {
        "StartAt": "Do",
        "States": {"Do": {"Type": "Task", "End": True, "Catch": catch, **task}, "Caught": caught},
    }
    machine = states.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=role
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    ended: dict[str, Any] = eventually(
        lambda: (
            (found := states.describe_execution(executionArn=execution))["status"] != "RUNNING"
            and found
        )
    )
    return ended


def test_a_state_machine_needs_leave_to_invoke_a_function(
    embedded_account: EmbeddedAccount,
) -> None:
    arn = embedded_account.function("echo", ECHO)
    task = {
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": arn, "Payload": {"a": 1}},
    }
    denied = run(embedded_account, "no-invoke", task)
    assert denied["status"] == "FAILED"
    assert denied["error"] == "Lambda.AWSLambdaException"
    assert "assumed-role/no-invoke-machine/" in denied["cause"]
    assert (
        f"is not authorized to perform: lambda:InvokeFunction on resource: {arn}" in denied["cause"]
    )
    allowed = run(embedded_account, "may-invoke", task, allow("lambda:InvokeFunction", arn))
    assert allowed["status"] == "SUCCEEDED"


def test_a_state_machine_catches_a_function_error_by_its_class_name(
    embedded_account: EmbeddedAccount,
) -> None:
    arn = embedded_account.function(
        "unfit", "class Unfit(Exception): pass\ndef handler(e, c): raise Unfit('row 3')\n"
    )
    ended = run(embedded_account, "catcher", {"Resource": arn}, allow("lambda:InvokeFunction", arn))
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["by"] == "caught"


@pytest.mark.parametrize(
    ("name", "task", "action", "error"),
    [
        (
            "put-events",
            {
                "Resource": "arn:aws:states:::events:putEvents",
                "Parameters": {"Entries": [{"Source": "t", "DetailType": "t", "Detail": {}}]},
            },
            "events:PutEvents",
            "EventBridge.AmazonEventBridgeException",
        ),
        (
            "sdk-call",
            {"Resource": "arn:aws:states:::aws-sdk:dynamodb:listTables", "Parameters": {}},
            "dynamodb:ListTables",
            "DynamoDb.DynamoDbException",
        ),
    ],
)
def test_service_integrations_run_under_the_machines_role(
    embedded_account: EmbeddedAccount, name: str, task: dict[str, Any], action: str, error: str
) -> None:
    denied = run(embedded_account, f"no-{name}", task)
    assert (denied["status"], denied["error"]) == ("FAILED", error)
    assert f"is not authorized to perform: {action}" in denied["cause"]
    assert run(embedded_account, f"may-{name}", task, allow(action, "*"))["status"] == "SUCCEEDED"


def test_a_schedule_reaches_its_target_only_with_its_roles_leave(
    embedded_account: EmbeddedAccount,
) -> None:
    scheduler, sqs = embedded_account.client("scheduler"), embedded_account.client("sqs")
    urls = {}
    for name in ("allowed", "denied"):
        urls[name], arn = embedded_account.queue(f"schedule-{name}")
        statements = [allow("sqs:SendMessage", arn)] if name == "allowed" else []
        role = embedded_account.role(f"schedule-{name}", "scheduler.amazonaws.com", *statements)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        scheduler.create_schedule(
            Name=f"once-{name}",
            ScheduleExpression=f"at({moment})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role, "Input": '{"as_of": "now"}'},
        )

    def received(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = sqs.receive_message(QueueUrl=urls[name]).get("Messages", [])
        return found

    def refusals() -> list[str]:
        metrics = embedded_account.client("cloudwatch").list_metrics(Namespace="AWS/Scheduler")[
            "Metrics"
        ]
        return [metric["MetricName"] for metric in metrics]

    assert eventually(lambda: received("allowed"))[0]["Body"] == '{"as_of": "now"}'
    assert eventually(refusals) == ["TargetErrorCount"]
    assert received("denied") == []


def test_a_rule_needs_the_functions_permission_and_refused_events_go_to_the_dead_letter_queue(
    embedded_account: EmbeddedAccount,
) -> None:
    events, sqs = embedded_account.client("events"), embedded_account.client("sqs")
    arn = embedded_account.function(
        "listener", "def handler(event, context): print('heard', event['detail'])\n"
    )
    dead_url, dead_arn = embedded_account.queue("unheard")
    rule = events.put_rule(Name="listen", EventPattern=json.dumps({"source": ["test.rule"]}))[
        "RuleArn"
    ]
    events.put_targets(
        Rule="listen", Targets=[{"Id": "1", "Arn": arn, "DeadLetterConfig": {"Arn": dead_arn}}]
    )
    entry = {"Source": "test.rule", "DetailType": "t", "Detail": '{"n": 1}'}
    events.put_events(Entries=[entry])
    assert eventually(lambda: sqs.receive_message(QueueUrl=dead_url).get("Messages"))
    embedded_account.client("lambda").add_permission(
        FunctionName="listener",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    events.put_events(Entries=[entry])
    logs = embedded_account.client("logs")
    eventually(lambda: "/aws/lambda/listener" in str(logs.describe_log_groups()["logGroups"]))
    assert "heard {'n': 1}" in embedded_account.log_text("listener")


def test_an_http_api_needs_the_functions_permission(embedded_account: EmbeddedAccount) -> None:
    gateway = embedded_account.client("apigatewayv2")
    arn = embedded_account.function(
        "front", "def handler(event, context): return {'statusCode': 200, 'body': 'ok'}\n"
    )
    created = gateway.create_api(Name="front", ProtocolType="HTTP")
    api, host = created["ApiId"], created["ApiEndpoint"].split("//")[1]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(
        ApiId=api, RouteKey="GET /v1/{problem}", Target=f"integrations/{integration}"
    )
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)

    def status() -> int:
        url = f"{embedded_account.descriptor.endpoint}/v1/flights"
        request = urllib.request.Request(url, headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return int(response.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    assert status() == 500
    embedded_account.client("lambda").add_permission(
        FunctionName="front",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:000000000000:{api}/*/*/v1/{{problem}}",
    )
    assert status() == 200
    # At the plain address no Host header and no name is needed.
    with urllib.request.urlopen(
        f"{embedded_account.descriptor.api_url}/v1/flights", timeout=20
    ) as response:
        assert (response.status, response.read()) == (200, b"ok")


def test_the_plain_address_says_that_no_api_is_deployed(tmp_path: Path) -> None:
    account = supervisor.up(tmp_path, port=0, with_mlflow=False)
    try:
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            urllib.request.urlopen(f"{account.api_url}/v1/flights", timeout=20)
        assert b"./ghosteam deploy" in refused.value.read()
    finally:
        supervisor.down(tmp_path)


def test_a_key_is_needed_for_what_it_protects(embedded_account: EmbeddedAccount) -> None:
    kms, s3 = embedded_account.client("kms"), embedded_account.client("s3")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="sealed")
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    }
    s3.put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket="sealed", Key="k", Body=b"x")
    source = (
        "import boto3\ndef handler(e, c): return "
        "boto3.client('s3').get_object(Bucket='sealed', Key='k')['ETag']\n"
    )
    read = allow("s3:GetObject", "arn:aws:s3:::sealed/*")
    client = embedded_account.client("lambda")
    embedded_account.function("no-key", source, read, Timeout=20)
    assert "FunctionError" in client.invoke(FunctionName="no-key")
    assert (
        f"is not authorized to perform: kms:Decrypt on resource: {key}"
        in embedded_account.log_text("no-key")
    )
    embedded_account.function("with-key", source, read, allow("kms:Decrypt", key), Timeout=20)
    assert "FunctionError" not in client.invoke(FunctionName="with-key")


def test_a_rule_needs_the_key_of_an_encrypted_queue(embedded_account: EmbeddedAccount) -> None:
    events, sqs, kms = (embedded_account.client(name) for name in ("events", "sqs", "kms"))
    key = kms.create_key()["KeyMetadata"]["Arn"]
    service = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    url, arn = embedded_account.queue("sealed", {**service, "Action": "sqs:SendMessage"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key})
    events.put_rule(Name="sealed", EventPattern=json.dumps({"source": ["test.sealed"]}))
    events.put_targets(Rule="sealed", Targets=[{"Id": "1", "Arn": arn}])
    entry = {"Source": "test.sealed", "DetailType": "t", "Detail": "{}"}
    events.put_events(Entries=[entry])
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    own = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    use = {**service, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(own, use))
    events.put_events(Entries=[entry])
    assert eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))


def test_a_function_polls_a_queue_with_its_own_rights(embedded_account: EmbeddedAccount) -> None:
    url, arn = embedded_account.queue("polled")
    embedded_account.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"VisibilityTimeout": "1"}
    )
    embedded_account.function(
        "poller", "def handler(event, context): print('polled', len(event['Records']))\n", Timeout=1
    )
    client = embedded_account.client("lambda")
    mapping = client.create_event_source_mapping(FunctionName="poller", EventSourceArn=arn)["UUID"]
    embedded_account.client("sqs").send_message(QueueUrl=url, MessageBody="m")
    denied = eventually(
        lambda: (
            "PROBLEM"
            in (found := client.get_event_source_mapping(UUID=mapping)["LastProcessingResult"])
            and found
        )
    )
    assert "sqs:ReceiveMessage" in denied
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    embedded_account.client("iam").put_role_policy(
        RoleName="poller-role", PolicyName="poll", PolicyDocument=policy(allow(actions, arn))
    )
    logs = embedded_account.client("logs")
    eventually(lambda: "/aws/lambda/poller" in str(logs.describe_log_groups()["logGroups"]))
    assert "polled 1" in embedded_account.log_text("poller")


def _limited(
    account: EmbeddedAccount, name: str, *statements: dict[str, Any]
) -> Callable[[str], Any]:
    """Clients of somebody with these statements and no more."""
    iam = account.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="statements", PolicyDocument=policy(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    credentials = {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }
    return lambda service: account.client(service, **credentials)


def test_a_role_reaches_only_the_partitions_that_its_condition_names(
    embedded_account: EmbeddedAccount,
) -> None:
    embedded_account.client("dynamodb").create_table(
        TableName="areas",
        KeySchema=[
            {"AttributeName": "partition", "KeyType": "HASH"},
            {"AttributeName": "key", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("partition", "key")
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    actions = [
        f"dynamodb:{action}"
        for action in (
            "GetItem",
            "PutItem",
            "DeleteItem",
            "Query",
            "BatchWriteItem",
            "BatchGetItem",
        )
    ]
    statement = {**allow(actions[0], "*"), "Action": actions}
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["data#*"]}}
    table = _limited(embedded_account, "of-data", {**statement, "Condition": condition})("dynamodb")

    def item(area: str) -> dict[str, Any]:
        return {"partition": {"S": f"{area}#flights"}, "key": {"S": "k"}}

    def query(area: str) -> Any:
        return table.query(
            TableName="areas",
            KeyConditionExpression="#p = :p AND begins_with(#k, :k)",
            ExpressionAttributeNames={"#p": "partition", "#k": "key"},
            ExpressionAttributeValues={":p": item(area)["partition"], ":k": {"S": "k"}},
        )

    other = {**item("data"), "key": {"S": "other"}}
    calls: dict[str, Callable[[str], Any]] = {
        "put": lambda area: table.put_item(TableName="areas", Item=item(area)),
        "get": lambda area: table.get_item(TableName="areas", Key=item(area)),
        "query": query,
        "batch get": lambda area: table.batch_get_item(
            RequestItems={"areas": {"Keys": [item(area), other]}}
        ),
        "batch write": lambda area: table.batch_write_item(
            RequestItems={"areas": [{"PutRequest": {"Item": item(area)}}]}
        ),
        "delete": lambda area: table.delete_item(TableName="areas", Key=item(area)),
    }
    for name, call in calls.items():
        call("data")
        with pytest.raises(ClientError, match="AccessDenied"):
            call("serving")
            pytest.fail(f"{name} reached another area")


def test_a_role_puts_only_the_events_that_its_condition_names(
    embedded_account: EmbeddedAccount,
) -> None:
    condition = {
        "StringEquals": {
            "events:source": "ghosteam",
            "events:detail-type": ["BatchIngested", "BatchRejected"],
        }
    }
    bus = _limited(
        embedded_account, "of-events", {**allow("events:PutEvents", "*"), "Condition": condition}
    )("events")

    def put(*types: str, source: str = "ghosteam") -> Any:
        return bus.put_events(
            Entries=[{"Source": source, "DetailType": type, "Detail": "{}"} for type in types]
        )

    assert (
        put("BatchIngested")["FailedEntryCount"]
        == put("BatchRejected", "BatchRejected")["FailedEntryCount"]
        == 0
    )
    for types, source in (
        (["ModelRegistered"], "ghosteam"),
        (["BatchIngested"], "mine"),
        (["BatchIngested", "X"], "ghosteam"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            put(*types, source=source)
