"""An alarm on a step's silence in the account's CloudWatch: quiet where it is new, not for ever."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from ghosteam.aws.cloudwatch import Metrics
from ghosteam.runtime.observability import HEARTBEAT
from ghosteam.steps.expect_turns import expect_turns
from tests.local.conftest import EmbeddedAccount
from tests.local.test_account_conditions import limited

pytestmark = pytest.mark.local
NAMESPACE = "Ghosteam/silence"


def test_a_step_that_was_deployed_is_quiet_and_one_that_never_had_a_turn_is_not(
    embedded_account: EmbeddedAccount,
) -> None:
    cloudwatch = embedded_account.client("cloudwatch")
    client = limited(
        embedded_account,
        "expects-turns",
        {
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
        },
        {"Effect": "Allow", "Action": "cloudwatch:GetMetricStatistics", "Resource": "*"},
    )("cloudwatch")
    assert expect_turns(
        "deployed", metrics=Metrics(client, NAMESPACE), now=datetime.now(UTC), wait=lambda _: None
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        client.put_metric_data(
            Namespace="Ghosteam/other", MetricData=[{"MetricName": HEARTBEAT, "Value": 1}]
        )
    for step in ("deployed", "never"):
        cloudwatch.put_metric_alarm(
            AlarmName=step,
            Namespace=NAMESPACE,
            MetricName=HEARTBEAT,
            Dimensions=[{"Name": "Step", "Value": step}],
            Statistic="Sum",
            Period=3600,
            Threshold=1,
            EvaluationPeriods=3,
            DatapointsToAlarm=3,
            ComparisonOperator="LessThanThreshold",
            TreatMissingData="breaching",
        )
    states: dict[str, str] = {}
    end = time.monotonic() + 60
    while "INSUFFICIENT_DATA" in states.values() or not states:
        assert time.monotonic() < end, states
        time.sleep(0.5)
        found = cloudwatch.describe_alarms(AlarmNames=["deployed", "never"])["MetricAlarms"]
        states = {one["AlarmName"]: one["StateValue"] for one in found}
    assert states == {"deployed": "OK", "never": "ALARM"}
