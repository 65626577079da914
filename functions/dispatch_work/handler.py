"""SQS ← rules and schedules of work that is kept apart by problem: pass it on, in its problem's
group.
"""

from __future__ import annotations

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import DispatchSettings
from ghosteam.steps.dispatch_work import dispatch_work

aws = Wiring(DispatchSettings, boto3.client)


def _handle(arrival: JsonObject) -> object:
    return dispatch_work(arrival, problems=deployed_problems(), queues=aws.work_queues)


handler = queue_handler(_handle, lambda: aws.work_queue)
