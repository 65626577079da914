"""Work: whatever happens arrives here, and goes to the queue of its step in its problem's group."""

from __future__ import annotations

from typing import Any

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from ghosteam.documents.work import WORK, arrivals_name, queue_name
from ghosteam.runtime.observability import namespace
from ghosteam.runtime.settings import DispatchSettings, Settings
from infra import permissions as may
from infra.constructs.functions import Functions
from infra.constructs.problem_work import queue_arn
from infra.constructs.work_queue import WorkQueue
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation

_FED_BY = ("Data", "Features", "Monitoring")
"""Stacks whose rules send what happened."""
_BATCH = 10


class Work(Stack):
    """The queue of arrivals and the function that empties it. The steps' own queues are in the
    steps' stacks, and found by their names.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        foundation: Foundation,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        queues = [queue_arn(self, queue_name(settings.prefix, work)) for work in WORK]
        functions = Functions(self, environment=settings, shared=foundation)
        # All other stacks have alarms on silence, which ask for it by its name.
        functions.make("expect_turns", Settings, list(may.count_in(namespace(settings.name))))
        dispatch = functions.make(
            "dispatch_work",
            DispatchSettings,
            [may.Statement(actions=["sqs:GetQueueUrl", "sqs:SendMessage"], resources=queues)],
            queue_prefix=settings.prefix,
        )
        arrivals = WorkQueue(
            self,
            "Arrivals",
            function=dispatch,
            key=foundation.key,
            alerts=foundation.alerts,
            name=arrivals_name(settings.prefix),
            batch_size=_BATCH,
        ).queue
        # Rules of the account's own bus have no bus in their ARN. CloudFormation names them for
        # their stack.
        rules = [
            self.format_arn(
                service="events",
                resource="rule",
                resource_name=f"{bus}Ghosteam-{settings.name}-{stack}-*",
                arn_format=ArnFormat.SLASH_RESOURCE_NAME,
            )
            for bus in ("", f"{settings.prefix}/")
            for stack in _FED_BY
        ]
        arrivals.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[arrivals.queue_arn],
                conditions={"ArnLike": {"aws:SourceArn": rules}},
            )
        )
