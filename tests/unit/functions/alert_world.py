"""An environment with channels of each kind, and what they are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import boto3

from ghosteam.alerting.routes import routes_of
from ghosteam.aws.alerts import Topics
from ghosteam.aws.secrets import Secrets
from ghosteam.channels.channel import Post
from ghosteam.steps.send_alerts import Channels, take_message, tell_what_is_due
from tests.accounts import memory_account
from tests.alerts import AT

MINUTE = timedelta(minutes=1)
ENTRIES = (
    {"channel": "slack", "secret": "slack"},
    {"channel": "pagerduty", "secret": "pd", "severity": "error"},
    {"channel": "slack", "name": "day", "secret": "slack", "quiet": "11:00-13:00 UTC"},
    {"channel": "email", "address": "ops@example.com"},
)
SECRETS = {
    "slack": {"url": "https://hooks.slack.com/services/T0/B0/x"},
    "pd": {"routing_key": "k" * 32},
}


@dataclass
class Web:
    """Keeps what is posted. ``fails``: what a host answers with instead."""

    sent: list[tuple[str, Any]] = field(default_factory=list)
    fails: dict[str, BaseException] = field(default_factory=dict)

    def post(self, request: Post, *, remedy: str) -> None:
        assert remedy
        for host, error in self.fails.items():
            if host in request.url:
                raise error
        self.sent.append((request.url.split("/")[2], json.loads(request.body)))

    @property
    def hosts(self) -> list[str]:
        return [host for host, _ in self.sent]


@dataclass
class World:
    channels: Channels
    web: Web
    queue: list[Any]
    mail: str

    def take(self, message: Any, minute: int = 0) -> None:
        take_message(message, self.channels, now=AT + minute * MINUTE)

    def turn(self, minute: int) -> None:
        """The clock's turn, and what its messages do."""
        now = AT + minute * MINUTE
        tell_what_is_due(self.channels, now=now)
        while self.queue:
            take_message(self.queue.pop(), self.channels, now=now)

    def mails(self) -> list[dict[str, str]]:
        got = boto3.client("sqs").receive_message(QueueUrl=self.mail, MaxNumberOfMessages=10)
        return [json.loads(one["Body"]) for one in got.get("Messages", [])]


@contextmanager
def alert_world() -> Iterator[World]:
    with memory_account() as account:
        for name, secret in SECRETS.items():
            boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(secret))
        sns, sqs = boto3.client("sns"), boto3.client("sqs")
        mail = sqs.create_queue(QueueName="mail")["QueueUrl"]
        topic = sns.create_topic(Name="ghosteam-dev-alerts-email")["TopicArn"]
        sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:mail"
        )
        web, queue = Web(), list[Any]()
        channels = Channels(
            routes=routes_of(ENTRIES),
            environment="dev",
            source="ghosteam-dev",
            topics_prefix=topic.removesuffix("email"),
            state=account.state,
            topics=Topics(sns),
            secrets=Secrets(boto3.client("secretsmanager")),
            post=web.post,
            put=lambda body: queue.append(json.loads(body)),
        )
        yield World(channels, web, queue, mail)
