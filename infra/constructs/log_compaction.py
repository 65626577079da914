"""The hourly turn that makes of what Firehose delivered the files that the prediction log is read
from, and compares what they hold with what the API counted.
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ghosteam.documents import keys
from ghosteam.runtime.observability import namespace
from ghosteam.runtime.settings import LakeStateSettings
from infra import permissions as may
from infra.constructs.alarms import alarm_on
from infra.constructs.functions import Functions
from infra.constructs.shared import Shared
from infra.constructs.turns import Turns
from infra.settings import EnvironmentSettings

_INBOX = (keys.DELIVERED, keys.UNDELIVERED, keys.DELIVERED_BEFORE)


class LogCompaction(Construct):
    """The function compact_log with its schedule and its alarms."""

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
        lake = shared.lake
        compact = functions.make(
            "compact_log",
            LakeStateSettings,
            [
                may.change_state(shared.state, "monitoring"),
                may.read_objects(lake, *_INBOX),
                may.list_objects(lake, *_INBOX),
                may.delete_objects(lake, *_INBOX),
                may.write_objects(lake, keys.PREDICTIONS, keys.FAILED_CALLS, keys.DAMAGED),
                # Statistics of metrics know no resources.
                may.Statement(actions=["cloudwatch:GetMetricStatistics"], resources=["*"]),
            ],
        )
        Turns(
            self,
            "Turns",
            function=compact,
            step="compact_log",
            rate=settings.compaction_schedule,
            settings=settings,
            shared=shared,
        )
        share = settings.max_log_loss
        for metric, limit, told in (
            ("PredictionLogLoss", share, f"The prediction log lost {share:.1%} or more of a day."),
            ("DamagedLogRecords", 1, "Something in the prediction log was no record of it."),
        ):
            alarm_on(
                self,
                metric,
                metric=cloudwatch.Metric(
                    namespace=namespace(settings.name),
                    metric_name=metric,
                    statistic="Maximum",
                    period=Duration.minutes(5),
                ),
                threshold=limit,
                description=told,
                runbook="lost-predictions",
                alerts=shared.alerts,
            )
