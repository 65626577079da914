"""Work that must not be lost: EventBridge rule → SQS queue → function, with a dead-letter queue and
an alarm on it.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from ghosteam.aws.work_queue import DEAD_LETTERS_VARIABLE, QUEUE_VARIABLE
from infra import permissions as may
from infra.constructs.alarms import alarm_on
from infra.constructs.dead_letters import DeadLetters
from infra.constructs.python_function import PythonFunction
from infra.constructs.undelivered import undelivered
from infra.functions import FUNCTIONS

_MARGIN_SECONDS = 30
_OLDEST_SECONDS = 3600
_MOST_RECEIVES = 8
"""Failures that may pass come again after 5, 10, 20, … 300 seconds: about ten minutes in all."""


class QueueTrigger(Construct):
    """Attribute ``queue``.

    Feeds ``function`` from one rule a pattern, on ``bus`` (None: the account's own) or on the one
    that ``buses`` names for it. In a ``fifo`` queue each pattern's name is a group:
    one writer at a time.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: PythonFunction,
        patterns: dict[str, events.EventPattern],
        bus: events.IEventBus | None,
        buses: Mapping[str, events.IEventBus] | None = None,
        key: kms.IKey,
        alerts: sns.ITopic,
        fifo: bool = False,
        max_concurrency: int = 4,
    ) -> None:
        super().__init__(scope, id)
        dead = DeadLetters(
            self,
            "DeadLetters",
            of=function.function.function_name,
            key=key,
            alerts=alerts,
            fifo=fifo,
        )
        self.queue = queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            fifo=fifo or None,
            content_based_deduplication=fifo or None,
            # Only a worker that was killed leaves its message to this time: a failure sets its own,
            # in seconds. Lambda refuses less than the function's own time; a batch here is one
            # message.
            visibility_timeout=Duration.seconds(FUNCTIONS[function.name].timeout + _MARGIN_SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(
                max_receive_count=_MOST_RECEIVES, queue=dead.queue
            ),
        )
        lost = undelivered(self, key=key, alerts=alerts)
        for group, pattern in patterns.items():
            from_bus = (buses or {}).get(group, bus)
            rule = events.Rule(self, f"Rule{group}", event_bus=from_bus, event_pattern=pattern)
            target = targets.SqsQueue(
                queue, message_group_id=group if fifo else None, dead_letter_queue=lost
            )
            rule.add_target(target)
        alarm_on(
            self,
            "Stuck",
            metric=queue.metric_approximate_age_of_oldest_message(
                period=Duration.minutes(5), statistic="Maximum"
            ),
            threshold=_OLDEST_SECONDS,
            description=f"Work for {function.function.function_name} has waited for an hour.",
            runbook="stuck-work",
            alerts=alerts,
        )
        function.function.add_environment(QUEUE_VARIABLE, queue.queue_url)
        function.function.add_environment(DEAD_LETTERS_VARIABLE, dead.queue.queue_url)
        function.function.add_to_role_policy(may.send_messages(dead.queue))
        function.function.add_to_role_policy(
            iam.PolicyStatement(
                actions=[
                    "sqs:ReceiveMessage",
                    "sqs:DeleteMessage",
                    "sqs:GetQueueAttributes",
                    "sqs:ChangeMessageVisibility",
                ],
                resources=[queue.queue_arn],
            )
        )
        lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=function.function,
            event_source_arn=queue.queue_arn,
            batch_size=1,
            max_concurrency=None if fifo else max_concurrency,
            report_batch_item_failures=True,
        )
