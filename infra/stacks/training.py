"""Training: the tracking server, the workflow of a run, and the policy that starts it."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from ghosteam.documents.event import SOURCE
from ghosteam.retraining.occasions import DECIDE_AGAIN, EVERY_PROBLEM
from ghosteam.retraining.triggers.trigger import by_event
from ghosteam.runtime.settings import ChangeSettings, RetrainSettings
from infra import permissions as may
from infra.constructs.alarms import absence_alarm
from infra.constructs.functions import Functions
from infra.constructs.queue_trigger import QueueTrigger
from infra.constructs.retraining import Retraining
from infra.constructs.tracking_server import TrackingServer
from infra.constructs.undelivered import undelivered
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation

_TURN = Duration.minutes(5)


class Training(Stack):
    """Attribute ``mlflow``: the tracking server."""

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
        self._settings, self._foundation = settings, foundation
        self._functions = Functions(self, environment=settings, shared=foundation)
        self.mlflow = TrackingServer(
            self, "Mlflow", settings=settings, artifacts=foundation.artifacts, key=foundation.key
        )
        self._workflow = Retraining(
            self,
            "Runs",
            settings=settings,
            shared=foundation,
            functions=self._functions,
            mlflow=self.mlflow,
        ).workflow
        self._triggers()

    def _triggers(self) -> None:
        found = self._foundation
        machine = self._workflow.machine
        decide = self._functions.make(
            "decide_retraining",
            RetrainSettings,
            [
                may.change_state(found.state, "retraining"),
                may.read_state(found.state, "definitions", "data", "features", "serving"),
                may.publish(
                    found.bus,
                    "RetrainingDue",
                    "RetrainingDeclined",
                    "RetrainingScheduled",
                    "OutcomesArrived",
                ),
                may.Statement(
                    actions=["states:StartExecution"], resources=[machine.state_machine_arn]
                ),
            ],
            state_machine_arn=machine.state_machine_arn,
        )
        asked = QueueTrigger(
            self,
            "Asked",
            function=decide,
            pattern=events.EventPattern(source=[SOURCE], detail_type=[*by_event(), *DECIDE_AGAIN]),
            bus=found.bus,
            key=found.key,
            alerts=found.alerts,
        )
        # What waits for a time, and not for an event, is looked at in turn.
        turn = events.RuleTargetInput.from_object({"detail-type": EVERY_PROBLEM})
        events.Rule(self, "Due", schedule=events.Schedule.rate(_TURN)).add_target(
            targets.SqsQueue(
                asked.queue,
                message=turn,
                dead_letter_queue=undelivered(self, key=found.key, alerts=found.alerts),
            )
        )
        absence_alarm(
            self,
            "Absent",
            step="decide_retraining",
            settings=self._settings,
            every=_TURN,
            alerts=found.alerts,
        )
        finish = self._functions.make(
            "finish_run",
            ChangeSettings,
            [
                may.change_state(found.state, "retraining"),
                may.publish(found.bus, "RetrainingFinished"),
            ],
        )
        QueueTrigger(
            self,
            "Ended",
            function=finish,
            pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [machine.state_machine_arn],
                    "status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"],
                },
            ),
            bus=None,
            key=found.key,
            alerts=found.alerts,
        )
