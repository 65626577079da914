"""Log groups: encrypted, kept for the days of the environment, gone with their stack."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.settings import EnvironmentSettings

_RETENTION = {
    1: "ONE_DAY",
    3: "THREE_DAYS",
    7: "ONE_WEEK",
    14: "TWO_WEEKS",
    30: "ONE_MONTH",
    90: "THREE_MONTHS",
    365: "ONE_YEAR",
}


def log_group(
    scope: Construct, id: str, name: str, *, settings: EnvironmentSettings, key: kms.IKey
) -> logs.LogGroup:
    """The group called ``name``."""
    return logs.LogGroup(
        scope,
        id,
        log_group_name=name,
        retention=_retention(settings.log_retention_days),
        encryption_key=key,
        removal_policy=RemovalPolicy.DESTROY,
    )


def _retention(days: int) -> logs.RetentionDays:
    """CDK's name for a retention in days; raises ValueError for a number that is not offered."""
    if days not in _RETENTION:
        raise ValueError(f"Logs are kept for {', '.join(map(str, _RETENTION))} days, not {days}")
    return logs.RetentionDays[_RETENTION[days]]
