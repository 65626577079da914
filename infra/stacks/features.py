"""Features: the table with the online rows of all problems, and the function that keeps them
current.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.documents.event import SOURCE
from ghosteam.documents.online_versions import REMOVE_UNNEEDED, STEP
from ghosteam.features.views import online_table
from ghosteam.problem.spec import Problem
from ghosteam.runtime.settings import MaterializeSettings
from infra import permissions as may
from infra.constructs.alarms import absence_alarm
from infra.constructs.functions import Functions
from infra.constructs.queue_trigger import QueueTrigger
from infra.constructs.undelivered import undelivered
from infra.settings import EnvironmentSettings
from infra.stacks.foundation import Foundation

_REMOVED_EVERY = Duration.days(1)
_TARGETS = 5
"""EventBridge's limit for a rule."""


class Features(Stack):
    """The table's name follows from the environment's, and others are granted it by that name.
    Views and their versions are told apart by the rows' ids, so that no folder's change makes or
    removes a table.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        foundation: Foundation,
        problems: Mapping[str, Problem],
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        removal = RemovalPolicy.RETAIN if settings.keep_data else RemovalPolicy.DESTROY
        dynamodb.TableV2(
            self,
            "Online",
            table_name=online_table(settings.online_prefix),
            partition_key=dynamodb.Attribute(name="entity_id", type=dynamodb.AttributeType.STRING),
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(foundation.key),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=settings.keep_data
            ),
            removal_policy=removal,
        )
        materialize = Functions(self, environment=settings, shared=foundation).make(
            "materialize_features",
            MaterializeSettings,
            [
                may.read_objects(foundation.lake, "validated/"),
                may.read_objects(foundation.artifacts, keys.DEFINITIONS, keys.plan("*", "*")),
                may.list_objects(foundation.artifacts, "runs/"),
                may.read_state(foundation.state, "data", "serving", "retraining"),
                may.change_state(foundation.state, "features"),
                may.write_online(self, online_table(settings.online_prefix)),
                may.list_online(self, online_table(settings.online_prefix)),
                may.publish(foundation.bus, "FeaturesMaterialized", "BatchValidated"),
            ],
        )
        trigger = QueueTrigger(
            self,
            "Validated",
            function=materialize,
            patterns={
                name: events.EventPattern(
                    source=[SOURCE],
                    detail_type=["BatchValidated", "BatchWithdrawn", "RolloutStarted"],
                    detail={"problem": [name]},
                )
                for name in problems
            },
            bus=foundation.bus,
            key=foundation.key,
            alerts=foundation.alerts,
            fifo=True,
        )
        self._remove_unneeded(trigger.queue, sorted(problems), settings, foundation)

    def _remove_unneeded(
        self,
        queue: sqs.IQueue,
        problems: Sequence[str],
        settings: EnvironmentSettings,
        foundation: Foundation,
    ) -> None:
        """By the clock, in the line of what is written: what is removed is in nobody's hands."""
        lost = undelivered(self, key=foundation.key, alerts=foundation.alerts)
        for begin in range(0, len(problems), _TARGETS):
            rule = events.Rule(
                self, f"RemoveUnneeded{begin}", schedule=events.Schedule.rate(_REMOVED_EVERY)
            )
            for name in problems[begin : begin + _TARGETS]:
                turn = {"detail-type": REMOVE_UNNEEDED, "detail": {"problem": name}}
                rule.add_target(
                    targets.SqsQueue(
                        queue,
                        message=events.RuleTargetInput.from_object(turn),
                        message_group_id=name,
                        dead_letter_queue=lost,
                    )
                )
        if problems:
            absence_alarm(
                self,
                "RemoveUnneededAbsent",
                step=STEP,
                environment=settings.name,
                every=_REMOVED_EVERY,
                alerts=foundation.alerts,
            )
