"""From the topic of alerts to people: the function that tells the channels, its queue and its
clock, and the topics of those channels that SNS delivers.
"""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from ghosteam.alerting.routes import Route, written
from ghosteam.channels.channel import Subscription, Topic, Web
from ghosteam.runtime.settings import SendSettings
from infra import permissions as may
from infra.constructs.functions import Functions
from infra.constructs.shared import Shared
from infra.constructs.turns import Turns
from infra.constructs.undelivered import undelivered
from infra.constructs.work_queue import WorkQueue
from infra.settings import EnvironmentSettings


class AlertChannels(Construct):
    """The function send_alerts with all that belongs to it.

    What alarms about itself reaches the channels of SNS without it too, in CloudWatch's words: it
    could not tell of its own failure.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        shared: Shared,
        functions: Functions,
    ) -> None:
        super().__init__(scope, id)
        prefix = f"{settings.prefix}-alerts-"
        topics = [
            self._topic(prefix, route, place, shared)
            for route in settings.routes
            if isinstance(place := route.place, Subscription)
        ]
        send = functions.make(
            "send_alerts",
            SendSettings,
            [
                may.change_state(shared.state, "alerts"),
                may.read_state(shared.state, "monitoring", "retraining"),
                *_may_reach(Stack.of(self), settings, topics),
            ],
            channels=written(settings.alerts),
            topics_prefix=_topic_arn(Stack.of(self), prefix),
            source=settings.prefix,
        )
        queue = WorkQueue(self, "Alerts", function=send, key=shared.key, alerts=shared.alerts).queue
        send.function.add_to_role_policy(may.send_messages(queue))
        lost = undelivered(self, key=shared.key, alerts=shared.alerts)
        shared.alerts.add_subscription(
            subscriptions.SqsSubscription(queue, raw_message_delivery=False, dead_letter_queue=lost)
        )
        Turns(
            self,
            "Turns",
            function=send,
            step="send_alerts",
            rate=settings.alert_schedule,
            settings=settings,
            shared=shared,
        )
        for alarm in (*self.node.find_all(), *send.node.find_all()):
            if isinstance(alarm, cloudwatch.Alarm):
                for topic in topics:
                    alarm.add_alarm_action(actions.SnsAction(topic))

    def _topic(self, prefix: str, route: Route, place: Subscription, shared: Shared) -> sns.Topic:
        topic = sns.Topic(
            self,
            f"Topic-{route.name}",
            topic_name=f"{prefix}{route.name}",
            master_key=shared.key,
            enforce_ssl=True,
        )
        topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
        sns.Subscription(
            topic,
            "Subscription",
            topic=topic,
            protocol=sns.SubscriptionProtocol[place.protocol.upper().replace("-", "_")],
            endpoint=place.endpoint,
            dead_letter_queue=undelivered(self, key=shared.key, alerts=shared.alerts),
        )
        return topic


def _may_reach(
    stack: Stack, settings: EnvironmentSettings, topics: list[sns.Topic]
) -> Iterator[may.Statement]:
    """Publish where the channels lead, and read their secrets; nothing where there are none."""
    places = [route.place for route in settings.routes]
    arns = [
        *(topic.topic_arn for topic in topics),
        *(place.arn for place in places if isinstance(place, Topic)),
    ]
    if arns:
        yield may.Statement(actions=["sns:Publish"], resources=arns)
    secrets = sorted(
        {
            route.secret
            for route in settings.routes
            if isinstance(route.place, Web) and route.secret is not None
        }
    )
    if secrets:
        yield may.read_secrets(stack, secrets)


def _topic_arn(stack: Stack, name: str) -> str:
    return stack.format_arn(service="sns", resource=name, arn_format=ArnFormat.NO_RESOURCE_NAME)
