"""Work that must not be lost: EventBridge rule → SQS queue → function, with a dead-letter queue and an alarm on it."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.dead_letters import DeadLetters
from infra.constructs.python_function import PythonFunction
from infra.functions import FUNCTIONS


class QueueTrigger(Construct):
    """Attribute ``queue``.

    Feeds ``function`` from one rule a pattern. In a ``fifo`` queue each pattern's name is a group: one writer at a time.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: PythonFunction,
        patterns: dict[str, events.EventPattern],
        bus: events.IEventBus | None,
        key: kms.IKey,
        alerts: sns.ITopic,
        fifo: bool = False,
        max_concurrency: int = 4,
    ) -> None:
        super().__init__(scope, id)
        dead = DeadLetters(self, "DeadLetters", of=function.function.function_name, key=key, alerts=alerts, fifo=fifo)
        self.queue = queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            fifo=fifo or None,
            content_based_deduplication=fifo or None,
            visibility_timeout=Duration.seconds(6 * FUNCTIONS[function.name].timeout),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=4, queue=dead.queue),
        )
        for group, pattern in patterns.items():
            rule = events.Rule(self, f"Rule{group}", event_bus=bus, event_pattern=pattern)
            rule.add_target(targets.SqsQueue(queue, message_group_id=group if fifo else None))
        function.function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"],
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
