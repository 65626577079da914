"""The deployed function against a server that plays each service, see
:mod:`tests.contract.alert_services`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from ghosteam.alerting.routes import written
from ghosteam.channels.channel import Post
from ghosteam.errors import Defect, Transient
from ghosteam.runtime.settings import SendSettings
from ghosteam.runtime.web import post
from tests.accounts import deployed_function, memory_account, queue_event
from tests.contract.alert_services import PLAYS, ROUTING_KEY, SIGNING_KEY

pytestmark = pytest.mark.contract
ALARM = json.loads((Path(__file__).parents[1] / "events" / "sns_alarm.json").read_text())


@dataclass
class Services:
    """What arrived, by the first part of its path; ``answers`` come first."""

    url: str = ""
    got: list[tuple[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def of(self, kind: str) -> list[Any]:
        return [body for one, body in self.got if one == kind]


@pytest.fixture
def services() -> Iterator[Services]:
    found = Services()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.path.split("/")[1]
            if found.answers:
                status, text = found.answers.pop(0), "not now"
            else:
                status, text = PLAYS[kind](self.path, self.headers, body)  # type: ignore[arg-type]
            if status in range(200, 300):
                found.got.append((kind, json.loads(body)))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Be silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        found.url = f"http://127.0.0.1:{http.server_address[1]}"
        yield found
        http.shutdown()
        thread.join()


@pytest.fixture
def function(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    entries = [
        {"channel": "slack", "secret": "slack"},
        {"channel": "pagerduty", "secret": "pagerduty", "url": services.url},
        {"channel": "webhook", "secret": "webhook"},
    ]
    settings = SendSettings(
        environment_name="dev",
        state_table="state",
        channels=written(entries),
        topics_prefix="arn:aws:sns:us-east-1:123456789012:ghosteam-dev-alerts-",
        source="ghosteam-dev",
    )
    secrets = {
        "slack": {"url": f"{services.url}/services/T0/B0/token"},
        "pagerduty": {"routing_key": ROUTING_KEY},
        "webhook": {"url": f"{services.url}/alerts", "key": SIGNING_KEY},
    }
    with memory_account():
        sqs = boto3.client("sqs")
        for name in ("QUEUE", "DEAD_LETTERS"):
            url = sqs.create_queue(QueueName=name.lower())["QueueUrl"]
            monkeypatch.setenv(f"GHOSTEAM_{name}_URL", url)
        for name, secret in secrets.items():
            boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(secret))
        with deployed_function("send_alerts", settings) as module:
            yield module


def state(value: str, minute: int) -> dict[str, Any]:
    message = {
        **json.loads(ALARM["Message"]),
        "NewStateValue": value,
        "StateChangeTime": f"2024-05-20T12:{minute:02d}:00.000+0000",
    }
    return {**ALARM, "Message": json.dumps(message)}


def given_up() -> list[Any]:
    url = boto3.client("sqs").get_queue_url(QueueName="dead_letters")["QueueUrl"]
    answer = boto3.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return list(answer.get("Messages", []))


def test_every_service_takes_an_alarm(function: ModuleType, services: Services) -> None:
    for _ in range(3):  # it comes again, and is told once
        answer = function.handler(queue_event(ALARM), None)
        assert answer == {"batchItemFailures": []}
    assert [kind for kind, _ in services.got] == ["services", "v2", "alerts"]
    (page,) = services.of("v2")
    assert page["payload"]["source"] == "ghosteam-dev" and page["payload"]["group"] == "flights"
    (signed,) = services.of("alerts")
    assert signed["data"]["condition"] == page["dedup_key"]
    assert not given_up()


def test_every_service_takes_news(function: ModuleType, services: Services) -> None:
    event = {
        "id": "1",
        "source": "ghosteam",
        "detail-type": "ModelPromoted",
        "time": "2024-05-20T12:00:00Z",
        "detail": {"problem": "flights", "model_version": "2", "reason": "<better> & faster"},
    }
    function.handler(queue_event({**ALARM, "Message": json.dumps(event)}), None)
    assert [kind for kind, _ in services.got] == ["services", "v2", "alerts"]
    assert "event_action" not in services.of("v2")[0]


def test_a_service_that_is_down_is_told_when_it_is_up_again(
    function: ModuleType, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[int] = []
    monkeypatch.setattr(
        type(function.aws.work_queue),
        "come_again",
        lambda self, handle, *, seconds: pauses.append(seconds),
    )
    services.answers = [503]  # Slack, which is asked first
    event = queue_event(ALARM)
    assert function.handler(event, None)["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert [kind for kind, _ in services.got] == ["v2", "alerts"] and pauses == [5]
    services.answers = [429]
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "2"
    assert function.handler(event, None)["batchItemFailures"]
    assert pauses == [5, 10]
    assert function.handler(event, None) == {"batchItemFailures": []}
    assert [kind for kind, _ in services.got] == ["v2", "alerts", "services"]


def test_what_a_service_refuses_for_good_is_kept_with_its_reason_and_no_secret(
    function: ModuleType, services: Services, capfd: pytest.CaptureFixture[str]
) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId="slack", SecretString=json.dumps({"url": f"{services.url}/services/revoked"})
    )
    assert function.handler(queue_event(ALARM), None) == {"batchItemFailures": []}
    assert [kind for kind, _ in services.got] == ["v2", "alerts"]
    (letter,) = given_up()
    told = {name: one["StringValue"] for name, one in letter["MessageAttributes"].items()}
    assert told["message"] == "The service answers 404: no_service"
    assert told["remedy"].startswith("Make a webhook in Slack again")
    out, err = capfd.readouterr()
    for secret in ("revoked", ROUTING_KEY, SIGNING_KEY):
        assert secret not in out + err + str(letter)


def test_a_test_goes_to_every_service_and_leaves_no_page_open(
    function: ModuleType, services: Services
) -> None:
    answer = function.handler({"test": "flights", "channel": None}, None)
    assert answer == {
        "told": [{"channel": name, "kind": name} for name in ("slack", "pagerduty", "webhook")]
    }
    assert [page["event_action"] for page in services.of("v2")] == ["trigger", "resolve"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(302, Defect), (400, Defect), (410, Defect), (429, Transient), (500, Transient)],
)
def test_any_other_answer_is_an_error_and_no_redirect_is_followed(
    services: Services, status: int, error: type[Exception]
) -> None:
    services.answers = [status]
    with pytest.raises(error, match=f"answers {status}: not now"):
        post(Post(f"{services.url}/alerts?token=secret", {}, b"{}"), remedy="Mend it")
    assert not services.answers and not services.got


def test_nobody_at_all_is_an_error_that_may_pass() -> None:
    with pytest.raises(Transient) as caught:
        post(Post("http://127.0.0.1:9/?token=hidden", {}, b"{}"), remedy="Mend it")
    assert "hidden" not in str(caught.value)
