"""Dashboards, alarms and metrics of the problem ``flights`` in an account in memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import boto3

from infra.dashboard_body import body
from infra.widgets import fleet_rows, problem_rows
from tests.accounts import FLIGHTS

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
SPACE = "Ghosteam/dev"
NAMES = ("ghosteam-dev-flights-DriftSustained", "ghosteam-dev-flights-PerformanceDegraded")


def put_boards() -> None:
    """Two alarms of the environment ``dev``, of which the first is raised, the dashboards of the
    problem and of the fleet, and one of another environment.
    """
    watch = boto3.client("cloudwatch")
    arns = {name: f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}" for name in NAMES}
    for name in NAMES:
        watch.put_metric_alarm(
            AlarmName=name,
            Namespace=SPACE,
            MetricName=name.rsplit("-", 1)[1],
            Dimensions=[{"Name": "Problem", "Value": "flights"}],
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            AlarmDescription="flights: It drifts. See docs/runbook.md#drift",
        )
    watch.set_alarm_state(AlarmName=NAMES[0], StateValue="ALARM", StateReason="r")
    for name, rows in (
        ("ghosteam-dev", fleet_rows()),
        ("ghosteam-dev-flights", problem_rows(FLIGHTS, NAMES)),
        ("ghosteam-dev-eu-flights", problem_rows(FLIGHTS, ())),
    ):
        board = body(rows, namespace=SPACE, region="us-east-1", alarm_arns=arns)
        watch.put_dashboard(DashboardName=name, DashboardBody=json.dumps(board))


def put(metric: str, value: float, *, hours: int = 1, **dimensions: str) -> None:
    """A point of a metric, so many hours ago."""
    boto3.client("cloudwatch").put_metric_data(
        Namespace=SPACE,
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()],
                "Value": value,
                "Timestamp": NOW - timedelta(hours=hours),
            }
        ],
    )
