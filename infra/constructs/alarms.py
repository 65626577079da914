"""Alarms of this project: one shape, always reaching the alert topic."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct


def alarm_on(
    scope: Construct, id: str, *, metric: cloudwatch.IMetric, description: str, alerts: sns.ITopic, name: str | None = None
) -> cloudwatch.Alarm:
    """An alarm that fires when one period reaches 1; no data is no alarm."""
    alarm = cloudwatch.Alarm(
        scope,
        id,
        alarm_name=name,
        metric=metric,
        threshold=1,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )
    alarm.add_alarm_action(actions.SnsAction(alerts))
    return alarm
