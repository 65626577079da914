"""What services do on a role's behalf is checked against the role."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

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
