"""Where messages wait that were given up, with an alarm as soon as one does."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarms import alarm_on


class DeadLetters(Construct):
    """Attribute ``queue``; ``of`` says whose messages these are."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        of: str,
        key: kms.IKey,
        alerts: sns.ITopic,
        fifo: bool = False,
        runbook: str = "dead-letters",
    ) -> None:
        super().__init__(scope, id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            fifo=fifo or None,
            content_based_deduplication=fifo or None,
            retention_period=Duration.days(14),
        )
        waiting = self.queue.metric_approximate_number_of_messages_visible(
            period=Duration.minutes(1), statistic="Maximum"
        )
        alarm_on(
            self,
            "Waiting",
            metric=waiting,
            description=f"{of}: messages were given up and wait in the dead-letter queue.",
            runbook=runbook,
            alerts=alerts,
        )
