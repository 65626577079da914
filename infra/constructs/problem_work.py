"""Work that is kept apart by problem, so that the backlog of one delays no other: rules and a clock
→ the queue of arrivals → the function dispatch_work → the step's own queue, where each message
waits in its problem's group → the step.

A target of EventBridge has one group for all its events (SqsParameters.MessageGroupId is no path),
so somebody must look at each; with a rule for each problem, 300 rules a bus would be all.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from ghosteam.documents.work import ONE_AT_A_TIME, Arrival, Work, arrivals_name, queue_name
from infra.constructs.python_function import PythonFunction
from infra.constructs.schedule import Clock, Schedule
from infra.constructs.shared import Shared
from infra.constructs.undelivered import undelivered
from infra.constructs.work_queue import WorkQueue
from infra.settings import EnvironmentSettings


def queue_arn(stack: Stack, name: str) -> str:
    """ARN of the queue called ``name``."""
    return stack.format_arn(service="sqs", resource=name, arn_format=ArnFormat.NO_RESOURCE_NAME)


class ProblemWork(Construct):
    """The queue of ``work``, and what feeds it.

    ``patterns``: events that are work, by the rule's name; ``bus``: where they are, but for those
    that ``of_account`` names, which are on the account's own bus. ``every``: rate at which each
    problem has its turn.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        work: Work,
        function: PythonFunction,
        settings: EnvironmentSettings,
        shared: Shared,
        patterns: Mapping[str, events.EventPattern],
        of_account: frozenset[str] = frozenset(),
        every: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        own = WorkQueue(
            self,
            "Work",
            function=function,
            key=shared.key,
            alerts=shared.alerts,
            name=queue_name(settings.prefix, work),
            fifo=work in ONE_AT_A_TIME,
        )
        arrivals = sqs.Queue.from_queue_arn(
            self, "Arrivals", queue_arn(Stack.of(self), arrivals_name(settings.prefix))
        )
        lost = undelivered(self, key=shared.key, alerts=shared.alerts)
        for name, pattern in patterns.items():
            bus = None if name in of_account else shared.bus
            rule = events.Rule(self, f"Rule{name}", event_bus=bus, event_pattern=pattern)
            rule.add_target(
                targets.SqsQueue(
                    arrivals,
                    message=events.RuleTargetInput.from_object(Arrival(work, _EVENT).to_json()),
                    dead_letter_queue=lost,
                )
            )
            # What arrives is passed on at once.
            rule.node.add_dependency(own)
        if every:
            Schedule(
                self,
                "Turn",
                clock=Clock(self, "Clock", queue=arrivals, shared=shared),
                name=f"{settings.prefix}-{work.replace('_', '-')}",
                when=every,
                document=Arrival(work, None).to_json(),
            ).node.add_dependency(own)


_EVENT = {
    name: events.EventField.from_path(f"$.{name}")
    for name in ("id", "source", "detail-type", "time", "detail")
}
