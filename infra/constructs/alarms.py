"""Alarms of this project: one shape, always reaching the alert topic, each with its section of the
runbook.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from aws_cdk import ArnFormat, CustomResource, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from ghosteam.alerting.sections import RUNBOOK
from ghosteam.runtime.observability import HEARTBEAT, namespace
from infra.settings import EnvironmentSettings

LONGEST_SILENCE = timedelta(days=7)
"""CloudWatch looks back no further, so what comes less often cannot be missed."""
_TURNS = 3
_DAY = 86_400


def alarm_on(
    scope: Construct,
    id: str,
    *,
    metric: cloudwatch.IMetric,
    description: str,
    runbook: str,
    alerts: sns.ITopic,
    name: str | None = None,
    threshold: float = 1,
    lasting: bool = False,
) -> cloudwatch.Alarm:
    """An alarm that fires when one period reaches ``threshold``; no data is no alarm.

    ``runbook``: the anchor of its section in the runbook. ``lasting``: the metric is what a watch
    found, which holds until the watch finds something else: no data change nothing.
    """
    alarm = cloudwatch.Alarm(
        scope,
        id,
        alarm_name=name,
        metric=metric,
        threshold=threshold,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.IGNORE
        if lasting
        else cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=f"{description} See {RUNBOOK}#{runbook}",
    )
    return _heard(alarm, alerts)


def absence_alarm(
    scope: Construct,
    id: str,
    *,
    step: str,
    settings: EnvironmentSettings,
    every: Duration,
    alerts: sns.ITopic,
) -> cloudwatch.Alarm:
    """An alarm that fires when the scheduled ``step`` did not run to its end three times in a row,
    or for a week; ``every`` is shorter than that.

    Its heartbeat is missing then, and missing data are breaching. Being deployed counts as a turn:
    CloudWatch knows of one before there is the alarm.
    """
    stack, seconds = Stack.of(scope), max(60, int(every.to_seconds()))
    periods = min(_TURNS * ceil(seconds / _DAY), LONGEST_SILENCE.days)
    expected = CustomResource(
        scope,
        f"{id}-Expected",
        service_token=stack.format_arn(
            service="lambda",
            resource="function",
            resource_name=f"{settings.prefix}-expect-turns",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        ),
        resource_type="Custom::GhosteamTurns",
        properties={"Step": step},
    )
    alarm = cloudwatch.Alarm(
        scope,
        id,
        metric=cloudwatch.Metric(
            namespace=namespace(settings.name),
            metric_name=HEARTBEAT,
            dimensions_map={"Step": step},
            statistic="Sum",
            period=Duration.seconds(min(seconds, _DAY)),
        ),
        threshold=1,
        evaluation_periods=periods,
        datapoints_to_alarm=periods,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        alarm_description=f"{step} has not run to its end for three of its turns, or a week. See "
        f"{RUNBOOK}#missing-heartbeat",
    )
    alarm.node.add_dependency(expected)
    return _heard(alarm, alerts)


def _heard(alarm: cloudwatch.Alarm, alerts: sns.ITopic) -> cloudwatch.Alarm:
    """Its begin and its end are told."""
    alarm.add_alarm_action(actions.SnsAction(alerts))
    alarm.add_ok_action(actions.SnsAction(alerts))
    return alarm
