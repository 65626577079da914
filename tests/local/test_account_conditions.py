"""Conditions of policies hold: by partition of a table, by kind of event."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import EmbeddedAccount, allow, policy

pytestmark = pytest.mark.local


def limited(
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
    table = limited(embedded_account, "of-data", {**statement, "Condition": condition})("dynamodb")

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
    bus = limited(
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
