"""Start a workflow for events on the bus; an event that cannot be delivered waits in a dead-letter
queue.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from ghosteam.documents.event import SOURCE, EventType
from infra.constructs.dead_letters import DeadLetters
from infra.constructs.workflow import Workflow


class WorkflowTrigger(Construct):
    """Each event of the given types starts an execution with the event's detail as its input."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        workflow: Workflow,
        on: Sequence[EventType],
        bus: events.IEventBus,
        key: kms.IKey,
        alerts: sns.ITopic,
    ) -> None:
        super().__init__(scope, id)
        dead = DeadLetters(
            self, "DeadLetters", of=f"Events that start the workflow {id}", key=key, alerts=alerts
        )
        rule = events.Rule(
            self,
            "Rule",
            event_bus=bus,
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=list(on)),
        )
        detail = events.RuleTargetInput.from_event_path("$.detail")
        rule.add_target(
            targets.SfnStateMachine(workflow.machine, input=detail, dead_letter_queue=dead.queue)
        )
