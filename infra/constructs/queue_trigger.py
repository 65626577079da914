"""Work that must not be lost: EventBridge rule → SQS queue → function."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.constructs.python_function import PythonFunction
from infra.constructs.undelivered import undelivered
from infra.constructs.work_queue import WorkQueue


class QueueTrigger(Construct):
    """Attribute ``queue``.

    Feeds ``function`` from one rule, on ``bus`` (None: the account's own). For work that takes a
    moment: what takes longer is kept apart by problem (:mod:`infra.constructs.problem_work`).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: PythonFunction,
        pattern: events.EventPattern,
        bus: events.IEventBus | None,
        key: kms.IKey,
        alerts: sns.ITopic,
    ) -> None:
        super().__init__(scope, id)
        self.queue = WorkQueue(self, "Work", function=function, key=key, alerts=alerts).queue
        rule = events.Rule(self, "Rule", event_bus=bus, event_pattern=pattern)
        lost = undelivered(self, key=key, alerts=alerts)
        rule.add_target(targets.SqsQueue(self.queue, dead_letter_queue=lost))
