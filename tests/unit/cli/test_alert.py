"""``ghosteam alert test`` says of each channel whether it was reached."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.alert import AlertFailed, Tried, try_channels
from cli.app import app
from cli.connection import Connection, NotReachable
from ghosteam.errors import NotFound
from tests.accounts import memory_account, name_resources


class _Gone(Exception):
    pass


@dataclass
class Functions:
    """Lambda, as far as it is asked. ``answer``: the function's; None: it is not there."""

    answer: Any = None
    failed: bool = False
    asked: list[tuple[str, Any]] = field(default_factory=list)
    exceptions: Any = field(
        default_factory=lambda: SimpleNamespace(ResourceNotFoundException=_Gone)
    )

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        self.asked.append((FunctionName, json.loads(Payload)))
        if self.answer is None:
            raise _Gone
        error = {"FunctionError": "Unhandled"} if self.failed else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **error}


@pytest.fixture
def connection() -> Iterator[Connection]:
    with memory_account():
        name_resources("dev", state_table="state", artifact_bucket="artifacts")
        connection = Connection("dev")
        connection._clients["lambda"] = Functions()
        yield connection


def told(*names: str, **errors: str) -> dict[str, Any]:
    return {
        "told": [
            {"channel": name, "kind": name}
            | ({"error": errors[name], "remedy": "Mend it"} if name in errors else {})
            for name in names
        ]
    }


def test_each_channel_is_told_of(connection: Connection) -> None:
    connection.client("lambda").answer = told("slack", "pagerduty", slack="it answers 404")
    assert try_channels(connection, "flights", None) == [
        Tried("slack", "slack", "it answers 404. Mend it"),
        Tried("pagerduty", "pagerduty", ""),
    ]
    assert connection.client("lambda").asked == [
        ("ghosteam-dev-send-alerts", {"test": "flights", "channel": None})
    ]


def test_an_address_that_was_not_confirmed_is_not_reached(connection: Connection) -> None:
    pending = [
        {"TopicArn": f"arn:aws:sns:us-east-1:123456789012:{name}", "SubscriptionArn": arn}
        for name, arn in (
            ("ghosteam-dev-alerts-email", "PendingConfirmation"),
            ("ghosteam-dev-alerts-ops", "arn:aws:sns:us-east-1:123456789012:x:1"),
            ("ghosteam-prod-alerts-ops", "PendingConfirmation"),
        )
    ]
    pages = SimpleNamespace(paginate=lambda: [{"Subscriptions": pending}])
    connection._clients["sns"] = SimpleNamespace(get_paginator=lambda _: pages)
    connection.client("lambda").answer = told("email", "ops")
    email, ops = try_channels(connection, "flights", None)
    assert "has not confirmed" in email.fault and not ops.fault


def test_what_the_function_says_is_said(connection: Connection) -> None:
    functions = connection.client("lambda")
    functions.answer, functions.failed = {"errorMessage": "No channel is set up"}, True
    with pytest.raises(AlertFailed, match="No channel is set up"):
        try_channels(connection, "flights", "pager")


def test_a_deployment_or_a_problem_that_is_not_there_is_named(connection: Connection) -> None:
    with pytest.raises(NotReachable, match="Nothing that sends alerts"):
        try_channels(connection, "flights", None)
    with pytest.raises(NotFound, match="nothing_like_it"):
        try_channels(connection, "nothing_like_it", None)


@pytest.mark.parametrize(("errors", "code"), [({}, 0), ({"slack": "it answers 404"}, 1)])
def test_the_command_ends_as_its_channels_do(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, errors: dict[str, str], code: int
) -> None:
    connection.client("lambda").answer = told("slack", "email", **errors)
    monkeypatch.setattr("cli.connection.connect", lambda environment: connection)
    ended = CliRunner().invoke(app, ["alert", "test", "flights", "-e", "dev"])
    assert ended.exit_code == code
    assert "✓ email" in ended.output
    assert ("✗ slack (slack): it answers 404. Mend it" in ended.output) == bool(errors)
