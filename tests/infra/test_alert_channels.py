"""People are reached by the channels that an environment's settings name, and by nothing more than
those need.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment
from aws_cdk.assertions import Match, Template

from ghosteam.alerting.events import WORDED
from ghosteam.alerting.routes import read
from infra.constructs import layers
from infra.functions import FUNCTIONS
from infra.settings import ENVIRONMENTS, ROOT, environment_settings
from infra.stacks.foundation import ALERTING_EVENTS, Foundation
from infra.stacks.monitoring import Monitoring
from tests.infra.templates import as_list

EMAIL = {"channel": "email", "address": "ops@example.com"}
WEBHOOK = {"channel": "https", "url": "https://hooks.example.com/alerts"}
ON_CALL = "arn:aws:sns:eu-west-1:111122223333:on-call"
EVERY = (
    EMAIL,
    WEBHOOK,
    {"channel": "sns", "topic": ON_CALL},
    {"channel": "slack", "secret": "ghosteam/slack", "quiet": "22:00-07:00 UTC"},
    {"channel": "pagerduty", "secret": "ghosteam/pd", "severity": "error"},
    {"channel": "webhook", "secret": "ghosteam/hook"},
)


def monitoring(folder: Path, *alerts: Mapping[str, str]) -> Template:
    """The stack that tells the channels; what is in the layers does not matter here."""
    settings = replace(ENVIRONMENTS["dev"], alerts=alerts)
    for layer in {layer for spec in FUNCTIONS.values() for layer in spec.layers}:
        (folder / settings.layer_target / layer).mkdir(parents=True, exist_ok=True)
    app, place = App(), Environment(account="111122223333", region="eu-west-1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "LAYERS_FOLDER", folder)
        common: dict[str, Any] = {"settings": settings, "env": place}
        foundation = Foundation(app, "Foundation", **common)
        stack = Monitoring(app, "Monitoring", foundation=foundation, has_problems=True, **common)
        return Template.from_stack(stack)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return monitoring(tmp_path_factory.mktemp("layers"), *EVERY)


@pytest.fixture(scope="module")
def none(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return monitoring(tmp_path_factory.mktemp("layers"))


def topics(template: Template) -> dict[str, str]:
    """Logical ids by names."""
    found = template.find_resources("AWS::SNS::Topic")
    return {topic["Properties"]["TopicName"]: id for id, topic in found.items()}


def grants(template: Template) -> Iterator[tuple[str, Any]]:
    """(action, resource) of the role of send_alerts."""
    for policy in template.find_resources("AWS::IAM::Policy").values():
        if any("SendAlerts" in role["Ref"] for role in policy["Properties"]["Roles"]):
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                for action in as_list(statement["Action"]):
                    for resource in as_list(statement["Resource"]):
                        yield action, resource


def function_of(template: Template) -> Any:
    (function,) = (
        one["Properties"]
        for one in template.find_resources("AWS::Lambda::Function").values()
        if str(one["Properties"].get("FunctionName")).endswith("send-alerts")
    )
    return function


def test_each_channel_that_sns_delivers_has_a_topic_with_its_subscription(every: Template) -> None:
    found = topics(every)
    assert found.keys() == {"ghosteam-dev-alerts-email", "ghosteam-dev-alerts-https"}
    for protocol, endpoint in (("email", EMAIL["address"]), ("https", WEBHOOK["url"])):
        topic = found[f"ghosteam-dev-alerts-{protocol}"]
        every.has_resource_properties(
            "AWS::SNS::Subscription",
            {"Protocol": protocol, "Endpoint": endpoint, "TopicArn": {"Ref": topic}},
        )


def test_every_event_that_alerts_has_words() -> None:
    assert set(ALERTING_EVENTS) == WORDED


def test_what_a_subscription_does_not_take_is_kept_where_it_alarms(every: Template) -> None:
    queues = {
        json.dumps(one["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        for one in every.find_resources("AWS::SNS::Subscription").values()
    }
    (queue,) = queues
    alarms = str(every.find_resources("AWS::CloudWatch::Alarm"))
    assert json.loads(queue)["Fn::GetAtt"][0] in alarms


def test_the_function_may_publish_where_channels_lead_and_read_their_secrets_alone(
    every: Template,
) -> None:
    may = list(grants(every))
    published = [str(resource) for action, resource in may if action == "sns:Publish"]
    assert len(published) == 3 and ON_CALL in published
    secrets = [str(r) for action, r in may if action == "secretsmanager:GetSecretValue"]
    assert len(secrets) == 3
    for name in ("ghosteam/slack", "ghosteam/pd", "ghosteam/hook"):
        assert any(f":secret:{name}-??????" in secret for secret in secrets)
    assert not any("*" in action for action, _ in may)


def test_the_function_is_told_which_channels_there_are(every: Template) -> None:
    variables = function_of(every)["Environment"]["Variables"]
    routes = read(variables["GHOSTEAM_CHANNELS"])
    assert [route.name for route in routes] == [entry["channel"] for entry in EVERY]
    assert "ghosteam-dev-alerts-" in str(variables["GHOSTEAM_TOPICS_PREFIX"])


def test_its_own_failure_is_told_without_it(every: Template) -> None:
    own = set(topics(every).values())
    told = [
        one["Properties"]
        for id, one in every.find_resources("AWS::CloudWatch::Alarm").items()
        if own <= {action.get("Ref") for action in one["Properties"]["AlarmActions"]}
    ]
    metrics = sorted(one["MetricName"] for one in told)
    assert metrics == [
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesVisible",
        "Errors",
        "Heartbeat",
        "Throttles",
    ]
    cloudwatch = Match.object_like(
        {"Action": "sns:Publish", "Principal": {"Service": "cloudwatch.amazonaws.com"}}
    )
    for topic in own:
        every.has_resource_properties(
            "AWS::SNS::TopicPolicy",
            {
                "Topics": [{"Ref": topic}],
                "PolicyDocument": {"Statement": Match.array_with([cloudwatch])},
            },
        )


def test_without_channels_the_function_may_reach_nobody(none: Template) -> None:
    assert not topics(none)
    actions = {action for action, _ in grants(none)}
    assert not {"sns:Publish", "secretsmanager:GetSecretValue"} & actions
    assert read(function_of(none)["Environment"]["Variables"]["GHOSTEAM_CHANNELS"]) == ()


def test_no_secret_of_a_channel_is_in_the_template(every: Template) -> None:
    """A setting that would hold one is refused, so that names are all that can stand there."""
    with pytest.raises(ValueError, match="must be told secret"):
        _ = replace(
            ENVIRONMENTS["dev"], alerts=({"channel": "slack", "url": "https://hooks.slack.com/x"},)
        ).routes
    assert "AWS::SecretsManager::Secret" not in str(every.to_json())


def test_a_channel_that_reaches_nobody_is_a_line_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = replace(ENVIRONMENTS["local"], alerts=({"channel": "email", "address": "ops"},))
    monkeypatch.setitem(ENVIRONMENTS, "local", wrong)
    with pytest.raises(ValueError, match="'ops' is no e-mail address"):
        environment_settings("local")
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
    assert str(ended.value.code) == (
        "✗ alerts: 'ops' is no e-mail address. Write it as "
        "{'channel': 'email', 'address': 'you@example.com'}"
    )
