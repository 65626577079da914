"""An embedded account for the tests that need one: private, on free ports, stopped at the end of
the session.
"""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from local import supervisor
from tests.local.sagemaker_toy.account import COMMAND, ToyAccount


@dataclass(frozen=True)
class EmbeddedAccount:
    """A running account and the shortest way to make things in it."""

    descriptor: supervisor.Account

    @property
    def images(self) -> Path:
        """The JSON file of images; what a test adds there is used from the next job on."""
        return Path(self.descriptor.state_dir) / "run" / "images.json"

    def session(self, **credentials: str) -> boto3.session.Session:
        """A boto3 session as the account's root, or with other credentials."""
        root = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.session.Session(**(credentials or root), region_name=self.descriptor.region)

    def client(self, service: str, **credentials: str) -> Any:
        """A boto3 client of this account."""
        return self.session(**credentials).client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.descriptor.endpoint,
        )

    def add_image(self, name: str, command: list[str], **env: str) -> None:
        """Have a command stand for a container image of this repository name."""
        images = json.loads(self.images.read_text())
        images[name] = {"command": command, "env": env}
        self.images.write_text(json.dumps(images))

    def role(self, name: str, service: str, *statements: dict[str, Any]) -> str:
        """ARN of a new role that the service may assume, with these policy statements."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"][
            "Arn"
        ]
        if statements:
            iam.put_role_policy(
                RoleName=name, PolicyName="statements", PolicyDocument=policy(*statements)
            )
        return arn

    def function(self, name: str, source: str, *statements: dict[str, Any], **settings: Any) -> str:
        """ARN of a new Python function whose module is `source`, entry point `handler`, under its
        own role.
        """
        role = self.role(f"{name}-role", "lambda.amazonaws.com", *statements)
        arn: str = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": archive({"index.py": source})},
            **settings,
        )["FunctionArn"]
        return arn

    def queue(self, name: str, *statements: dict[str, Any]) -> tuple[str, str]:
        """URL and ARN of a new queue; the statements are its resource policy, with its ARN as
        resource.
        """
        sqs = self.client("sqs")
        url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]
        if statements:
            document = policy(*({**statement, "Resource": arn} for statement in statements))
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
        return url, arn

    def log_text(self, function_name: str) -> str:
        """Everything that a function has logged."""
        logs = self.client("logs")
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function_name}")["events"]
        return "\n".join(event["message"] for event in events)


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str) -> dict[str, str | list[str]]:
    """A policy statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def archive(files: dict[str, str]) -> bytes:
    """A zip archive of text files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name, text in files.items():
            package.writestr(name, text)
    return content.getvalue()


def eventually(look: Callable[[], Any], within: float = 20.0) -> Any:
    """The first truthy answer of `look`; fails the test when there is none in `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{look} found nothing within {within} s"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def embedded_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAccount]:
    """An account without MLflow, shared by the tests of a session: they use names of their own."""
    state = tmp_path_factory.mktemp("account")
    try:
        yield EmbeddedAccount(supervisor.up(state, port=0, with_mlflow=False))
    finally:
        supervisor.down(state)


@pytest.fixture(scope="module")
def toy(embedded_account: EmbeddedAccount) -> ToyAccount:
    """That account with the toy image, a bucket and roles of the file's own."""
    embedded_account.add_image("toy", COMMAND)
    return ToyAccount(embedded_account.descriptor)
