"""``ghosteam alert test``: send the channels of a deployment a test, and tell what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.connection import Connection, NotReachable
from cli.deployed import deployed_problem

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import SubscriptionTypeDef

_PENDING = "PendingConfirmation"


class AlertFailed(RuntimeError):
    """The test could not be sent at all; the text says why."""


@dataclass(frozen=True)
class Tried:
    """What became of the test of a channel; ``fault``: why nobody was reached, empty where the
    service took it.
    """

    channel: str
    kind: str
    fault: str


def try_channels(connection: Connection, problem: str, channel: str | None) -> list[Tried]:
    """Have the deployment send the test. Raises AlertFailed, NotFound for a problem that is not
    there, and NotReachable where nothing is deployed.
    """
    deployed_problem(connection, problem)
    document = {"test": problem, "channel": channel}
    client = connection.client("lambda")
    try:
        answer = client.invoke(
            FunctionName=f"ghosteam-{connection.environment}-send-alerts",
            Payload=json.dumps(document).encode(),
        )
    except client.exceptions.ResourceNotFoundException as error:
        raise NotReachable(
            f"Nothing that sends alerts is deployed as {connection.environment!r}. Run: "
            f"./ghosteam deploy --environment {connection.environment}"
        ) from error
    found = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise AlertFailed(str(found.get("errorMessage", found)))
    waiting = _unconfirmed(connection)
    return [_tried(told, waiting) for told in found["told"]]


def _tried(told: dict[str, str], waiting: set[str]) -> Tried:
    fault = ". ".join(part for part in (told.get("error"), told.get("remedy")) if part)
    if not fault and told["channel"] in waiting:
        fault = "SNS has it, and the receiver has not confirmed the subscription yet"
    return Tried(told["channel"], told["kind"], fault)


def _unconfirmed(connection: Connection) -> set[str]:
    """Names of the channels with a topic of their own whose receiver has not confirmed."""
    begin = f"ghosteam-{connection.environment}-alerts-"
    found = set()
    for one in _subscriptions(connection.client("sns")):
        name = one["TopicArn"].rsplit(":", 1)[1]
        if name.startswith(begin) and one["SubscriptionArn"] == _PENDING:
            found.add(name.removeprefix(begin))
    return found


def _subscriptions(client: SNSClient) -> Iterator[SubscriptionTypeDef]:
    for page in client.get_paginator("list_subscriptions").paginate():
        yield from page["Subscriptions"]
