"""A queue of work for a function: what fails comes again, what is given up waits in a dead-letter
queue, and both alarm.
"""

from __future__ import annotations

from aws_cdk import Duration
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
from infra.functions import FUNCTIONS

_MARGIN_SECONDS = 30
_OLDEST_SECONDS = 3600
_MOST_RECEIVES = 8
"""Failures that may pass come again after 5, 10, 20, … 300 seconds: about ten minutes in all."""


class WorkQueue(Construct):
    """Attribute ``queue``. ``name``: the queue's, None where nobody asks for it by name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: PythonFunction,
        key: kms.IKey,
        alerts: sns.ITopic,
        name: str | None = None,
        fifo: bool = False,
        batch_size: int = 1,
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
            queue_name=name,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            fifo=fifo or None,
            content_based_deduplication=fifo or None,
            # Only a worker that was killed leaves its message to this time: a failure sets its own,
            # in seconds. Lambda refuses less than the function's own time.
            visibility_timeout=Duration.seconds(FUNCTIONS[function.name].timeout + _MARGIN_SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(
                max_receive_count=_MOST_RECEIVES, queue=dead.queue
            ),
        )
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
        function.function.add_to_role_policy(may.use_key(key))
        function.function.add_to_role_policy(may.send_messages(dead.queue))
        if fifo:  # What is done in parts lines up again.
            function.function.add_to_role_policy(may.send_messages(queue))
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
            batch_size=batch_size,
            max_concurrency=None if fifo else max_concurrency,
            report_batch_item_failures=True,
        )
