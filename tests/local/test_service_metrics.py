"""What alarms watch of AWS's own services is counted by the services themselves."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.local.conftest import EmbeddedAccount, allow, eventually

pytestmark = pytest.mark.local


def total(account: EmbeddedAccount, namespace: str, name: str, dimension: str, value: str) -> float:
    """The sum of a metric in the last hour."""
    now = datetime.now(UTC)
    points = account.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": dimension, "Value": value}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


def test_an_http_api_counts_its_requests_and_their_faults(
    embedded_account: EmbeddedAccount,
) -> None:
    gateway = embedded_account.client("apigatewayv2")
    arn = embedded_account.function(
        "counted",
        "def handler(event, context):\n"
        "    return {'statusCode': int(event['rawPath'].split('/')[-1]), 'body': ''}\n",
    )
    created = gateway.create_api(Name="counted", ProtocolType="HTTP")
    api, host = created["ApiId"], created["ApiEndpoint"].split("//")[1]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="GET /{status}", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    embedded_account.client("lambda").add_permission(
        FunctionName="counted",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:000000000000:{api}/*/*/{{status}}",
    )
    for status in (200, 404, 503, 200, 500):
        url = f"{embedded_account.descriptor.endpoint}/{status}"
        request = urllib.request.Request(url, headers={"Host": host})
        try:
            found = urllib.request.urlopen(request, timeout=20).status
        except urllib.error.HTTPError as refused:
            found = refused.code
        assert found == status

    def counted() -> dict[str, float]:
        return {
            name: total(embedded_account, "AWS/ApiGateway", name, "ApiId", api)
            for name in ("Count", "4xx", "5xx")
        }

    assert counted() == {"Count": 5, "4xx": 1, "5xx": 2}


def test_a_rule_counts_what_it_could_not_deliver(embedded_account: EmbeddedAccount) -> None:
    events = embedded_account.client("events")
    arn = embedded_account.function("closed", "def handler(event, context): pass\n")
    events.put_rule(Name="refused", EventPattern=json.dumps({"source": ["test.refused"]}))
    events.put_targets(Rule="refused", Targets=[{"Id": "1", "Arn": arn}])
    events.put_events(Entries=[{"Source": "test.refused", "DetailType": "t", "Detail": "{}"}])

    def failed() -> float:
        return total(embedded_account, "AWS/Events", "FailedInvocations", "RuleName", "refused")

    assert eventually(failed) == 1


@pytest.mark.parametrize(
    ("state", "metric"),
    [({"Type": "Succeed"}, "ExecutionsSucceeded"), ({"Type": "Fail"}, "ExecutionsFailed")],
)
def test_a_state_machine_counts_how_its_executions_end(
    embedded_account: EmbeddedAccount, state: dict[str, Any], metric: str
) -> None:
    machines = embedded_account.client("stepfunctions")
    name = metric.lower()
    arn = machines.create_state_machine(
        name=name,
        definition=json.dumps({"StartAt": "Only", "States": {"Only": state}}),
        roleArn=embedded_account.role(
            name, "states.amazonaws.com", allow("logs:PutLogEvents", "*")
        ),
    )["stateMachineArn"]
    machines.start_execution(stateMachineArn=arn)
    machines.start_execution(stateMachineArn=arn)

    def ended() -> bool:
        found = total(embedded_account, "AWS/States", metric, "StateMachineArn", arn)
        return found == 2

    assert eventually(ended)
    assert total(embedded_account, "AWS/States", "ExecutionsStarted", "StateMachineArn", arn) == 2
