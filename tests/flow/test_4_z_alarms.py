"""Every alarm of the deployment fires when its metric says so, and reaches the inbox."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ghosteam.aws.cloudwatch import Metrics
from ghosteam.runtime.observability import HEARTBEAT, namespace
from tests.flow.world import World

pytestmark = pytest.mark.flow


def all_alarms(world: World) -> list[dict[str, Any]]:
    pages = world.client("cloudwatch").get_paginator("describe_alarms").paginate()
    return [alarm for page in pages for alarm in page["MetricAlarms"]]


def reached(world: World, name: str) -> bool:
    told = [json.loads(alert["Message"]) for alert in world.alerts(name)]
    return any(one.get("AlarmName") == name and one["NewStateValue"] == "ALARM" for one in told)


def test_a_message_among_the_dead_letters_is_heard(world: World) -> None:
    sqs = world.client("sqs")
    arns = {}
    for url in sqs.list_queues()["QueueUrls"]:
        policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get(
            "Attributes", {}
        )
        if "RedrivePolicy" in policy:
            arns[url] = json.loads(policy["RedrivePolicy"])["deadLetterTargetArn"]
    dead = next(arn.rsplit(":", 1)[1] for arn in arns.values() if "Ingested" in arn)
    url = sqs.get_queue_url(QueueName=dead)["QueueUrl"]
    [alarm] = [
        one["AlarmName"]
        for one in all_alarms(world)
        if {"Name": "QueueName", "Value": dead} in one["Dimensions"]
    ]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    world.eventually(f"alarm {alarm}", lambda: reached(world, alarm), within=60)
    sqs.purge_queue(QueueUrl=url)


def test_an_execution_that_fails_is_heard(world: World) -> None:
    arn = world.machine("scoring")
    world.client("stepfunctions").start_execution(
        stateMachineArn=arn, input='{"problem": "none", "name": "none"}'
    )
    [alarm] = [
        one["AlarmName"]
        for one in all_alarms(world)
        if one["MetricName"] == "ExecutionsFailed"
        and {"Name": "StateMachineArn", "Value": arn} in one["Dimensions"]
    ]
    world.eventually(f"alarm {alarm}", lambda: reached(world, alarm), within=90)


def test_every_step_whose_absence_alarms_has_said_that_it_ran(world: World) -> None:
    expected = {
        dimension["Value"]
        for alarm in all_alarms(world)
        if alarm["MetricName"] == "Heartbeat"
        for dimension in alarm["Dimensions"]
    }
    assert len(expected) >= 8

    metrics = Metrics(world.client("cloudwatch"), namespace("local"))
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    day = hour - timedelta(days=1), hour + timedelta(hours=2)

    def silent() -> set[str]:
        """Being deployed is the first one."""
        heard = {step: metrics.hourly_sums(HEARTBEAT, {"Step": step}, *day) for step in expected}
        return {step for step, sums in heard.items() if sums.total() < 2}

    world.eventually("a heartbeat of each step", lambda: not silent(), within=120)


def test_every_alarm_fires_at_a_breach_and_reaches_the_inbox(world: World) -> None:
    """A data point like the one that its service would write; a heartbeat is missed when none
    comes.
    """
    alarms = all_alarms(world)
    assert len(alarms) > 30
    cloudwatch, silent = world.client("cloudwatch"), []
    for alarm in alarms:
        if alarm["ComparisonOperator"] == "LessThanThreshold":
            silent.append(alarm)
            continue
        cloudwatch.put_metric_data(
            Namespace=alarm["Namespace"],
            MetricData=[
                {
                    "MetricName": alarm["MetricName"],
                    "Dimensions": alarm["Dimensions"],
                    "Value": float(alarm["Threshold"]) + 1,
                    "Timestamp": time.time(),
                }
            ],
        )
    for alarm in alarms:
        if alarm not in silent:
            name = alarm["AlarmName"]
            world.eventually(f"alarm {name}", lambda name=name: reached(world, name), within=60)
    for alarm in silent:
        assert (alarm["MetricName"], alarm["TreatMissingData"]) == ("Heartbeat", "breaching")
