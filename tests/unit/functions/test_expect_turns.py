"""A deployment counts as a turn of each step whose silence alarms."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import boto3
from moto import mock_aws

from ghosteam.aws.cloudwatch import Metrics
from ghosteam.steps.expect_turns import PATIENCE, expect_turns

NOW = datetime(2024, 5, 20, 8, 59, 59, tzinfo=UTC)


class Late:
    """A CloudWatch that knows of a data point after so many looks at it."""

    def __init__(self, looks: int) -> None:
        self.looks, self.counted = looks, list[tuple[str, float, dict[str, str]]]()

    def count(self, name, value, dimensions) -> None:
        self.counted.append((name, value, dict(dimensions)))

    def hourly_sums(self, name, dimensions, begin, end) -> Counter[datetime]:
        assert begin <= NOW < NOW + timedelta(seconds=PATIENCE) < end
        self.looks -= 1
        return Counter() if self.looks > 0 else Counter({begin: 1})


class Watch:
    """A clock that goes while somebody waits."""

    def __init__(self) -> None:
        self.at = 0.0

    def wait(self, seconds: float) -> None:
        self.at += seconds


def expected(metrics) -> tuple[bool, float]:
    watch = Watch()
    known = expect_turns(
        "check_drift", metrics=metrics, now=NOW, clock=lambda: watch.at, wait=watch.wait
    )
    return known, watch.at


def test_it_waits_until_cloudwatch_knows_of_the_heartbeat():
    late = Late(looks=30)
    assert expected(late) == (True, 58.0)
    assert late.counted == [("Heartbeat", 1, {"Step": "check_drift"})]


def test_a_cloudwatch_that_does_not_answer_in_time_fails_no_deployment():
    known, waited = expected(Late(looks=10_000))
    assert not known and PATIENCE <= waited < PATIENCE + 5


def test_the_heartbeat_is_one_that_the_alarm_looks_at():
    with mock_aws():
        client = boto3.client("cloudwatch", region_name="eu-central-1")
        now = datetime.now(UTC)
        metrics = Metrics(client, "Ghosteam/dev")
        assert expect_turns("check_drift", metrics=metrics, now=now, wait=lambda _: None)
        [found] = client.list_metrics(Namespace="Ghosteam/dev")["Metrics"]
    assert (found["MetricName"], found["Dimensions"]) == (
        "Heartbeat",
        [{"Name": "Step", "Value": "check_drift"}],
    )
