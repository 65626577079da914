"""Rejected files reach people once a data set and hour: the function that collects them, fed by the
bus, and the clock that lets it tell what it collected.
"""

from __future__ import annotations

from aws_cdk import aws_events as events
from constructs import Construct

from ghosteam.documents.event import SOURCE
from ghosteam.runtime.settings import AlertSettings
from infra import permissions as may
from infra.constructs.functions import Functions
from infra.constructs.queue_trigger import QueueTrigger
from infra.constructs.shared import Shared
from infra.constructs.turns import Turns
from infra.settings import EnvironmentSettings


class CollectedAlerts(Construct):
    """The function tell_rejections with its queue, its schedule and its alarms."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        shared: Shared,
        functions: Functions,
    ) -> None:
        super().__init__(scope, id)
        tell = functions.make(
            "tell_rejections",
            AlertSettings,
            [
                may.change_state(shared.state, "alerts"),
                may.Statement(actions=["sns:Publish"], resources=[shared.alerts.topic_arn]),
            ],
        )
        QueueTrigger(
            self,
            "Rejected",
            function=tell,
            pattern=events.EventPattern(source=[SOURCE], detail_type=["BatchRejected"]),
            bus=shared.bus,
            key=shared.key,
            alerts=shared.alerts,
        )
        Turns(
            self,
            "Turns",
            function=tell,
            step="tell_rejections",
            rate=settings.alert_schedule,
            settings=settings,
            shared=shared,
        )
