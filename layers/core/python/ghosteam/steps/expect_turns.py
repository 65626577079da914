"""Use case: from now on turns of a scheduled step are expected."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ghosteam.runtime.observability import HEARTBEAT

if TYPE_CHECKING:
    from ghosteam.aws.cloudwatch import Metrics

PATIENCE = 240.0
"""Seconds. CloudWatch knows a data point within two minutes, most of them."""
_HOUR = timedelta(hours=1)


def expect_turns(
    step: str,
    *,
    metrics: Metrics,
    now: datetime,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> bool:
    """Publish a heartbeat of ``step``, and wait until CloudWatch knows of it: an alarm on silence
    that is made then is quiet until three turns in a row have not come. Returns whether it knows;
    an alarm that ends with the first turn is no reason to fail a deployment.
    """
    about = {"Step": step}
    metrics.count(HEARTBEAT, 1, about)
    hour, end = now.replace(minute=0, second=0, microsecond=0), clock() + PATIENCE
    while not metrics.hourly_sums(HEARTBEAT, about, hour, hour + 2 * _HOUR):
        if clock() >= end:
            return False
        wait(2)
    return True
