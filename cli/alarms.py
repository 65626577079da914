"""The alarms of one deployment, as CloudWatch describes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cli.connection import Connection
from ghosteam.runtime.observability import namespace

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef


def alarms_of(connection: Connection, **which: str) -> Iterator[MetricAlarmTypeDef]:
    """Those that are not named for the environment are named for one of its stacks. ``which``:
    what CloudWatch is asked for, such as ``StateValue="ALARM"``.
    """
    environment = connection.environment
    stack = re.compile(
        rf"Ghosteam-{environment}-"
        "(Foundation|Work|Data|Features|Training|Serving|Monitoring|Problems)"
    )
    pages = connection.client("cloudwatch").get_paginator("describe_alarms").paginate(**which)
    for alarm in (alarm for page in pages for alarm in page["MetricAlarms"]):
        if alarm.get("Namespace") == namespace(environment) or stack.match(alarm["AlarmName"]):
            yield alarm
