"""People are reached by the channels that an environment's settings name."""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from dataclasses import replace

import pytest
from aws_cdk import App, Environment
from aws_cdk.assertions import Capture, Match, Template

from infra.settings import ENVIRONMENTS, ROOT, environment_settings
from infra.stacks.foundation import Foundation

EMAIL = {"channel": "email", "address": "ops@example.com"}
WEBHOOK = {"channel": "https", "url": "https://hooks.example.com/alerts"}


def foundation(*alerts: Mapping[str, str]) -> Template:
    settings = replace(ENVIRONMENTS["dev"], alerts=alerts)
    place = Environment(account="111122223333", region="eu-west-1")
    return Template.from_stack(Foundation(App(), "Foundation", settings=settings, env=place))


def test_each_channel_is_a_subscription_of_the_topic() -> None:
    template = foundation(EMAIL, WEBHOOK)
    template.resource_count_is("AWS::SNS::Subscription", 3)  # and the inbox
    (topic,) = template.find_resources("AWS::SNS::Topic")
    for protocol, endpoint in (("email", EMAIL["address"]), ("https", WEBHOOK["url"])):
        template.has_resource_properties(
            "AWS::SNS::Subscription",
            {"Protocol": protocol, "Endpoint": endpoint, "TopicArn": {"Ref": topic}},
        )


def test_what_a_webhook_does_not_take_is_kept_where_it_alarms() -> None:
    template, queue = foundation(WEBHOOK), Capture()
    template.has_resource_properties(
        "AWS::SNS::Subscription",
        {
            "Protocol": "https",
            "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": [queue, "Arn"]}},
        },
    )
    template.has_resource_properties(
        "AWS::SQS::QueuePolicy",
        {
            "Queues": [{"Ref": queue.as_string()}],
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Action": "sqs:SendMessage",
                                "Principal": {"Service": "sns.amazonaws.com"},
                            }
                        )
                    ]
                )
            },
        },
    )
    alarms = str(template.find_resources("AWS::CloudWatch::Alarm"))
    assert queue.as_string() in alarms


def test_without_channels_only_the_inbox_listens() -> None:
    template = foundation()
    template.resource_count_is("AWS::SNS::Subscription", 1)
    template.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "sqs"})


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
