"""A function that a clock calls, or a queue that it writes to; what cannot be delivered is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import blake2b

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import permissions as may
from infra.constructs.python_function import PythonFunction
from infra.constructs.shared import Shared
from infra.constructs.undelivered import undelivered

LONGEST_NAME = 64
"""EventBridge Scheduler's limit."""


def within(name: str, longest: int) -> str:
    """``name``, or as much of it as fits with a digest of the whole: names of problems and sources
    may be long.
    """
    if len(name) <= longest:
        return name
    digest = blake2b(name.encode(), digest_size=4).hexdigest()
    return f"{name[: longest - len(digest) - 1].rstrip('-_')}-{digest}"


class Clock(Construct):
    """What calls ``function``, or writes to ``queue``, at its schedules: the ``role`` that may do
    so, the ``target``'s ARN, and the queue ``lost`` of what cannot be delivered.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: PythonFunction | None = None,
        queue: sqs.IQueue | None = None,
        shared: Shared,
    ) -> None:
        super().__init__(scope, id)
        if function:
            self.target, action = function.function.function_arn, "lambda:InvokeFunction"
        elif queue:
            self.target, action = queue.queue_arn, "sqs:SendMessage"
        else:
            raise ValueError(f"The clock {id} has neither a function nor a queue")
        self.lost = undelivered(self, key=shared.key, alerts=shared.alerts)
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com")
        )
        for statement in (
            may.Statement(actions=[action], resources=[self.target]),
            may.send_messages(self.lost),
            may.use_key(shared.key),  # queues are encrypted
        ):
            self.role.add_to_policy(statement)


class Schedule(Construct):
    """The ``clock`` gives its target the ``document`` ``when`` it is time: at a rate, or at the
    times of a ``cron(…)``, which whoever passes one has checked.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        clock: Clock,
        name: str,
        when: str,
        document: Mapping[str, object],
    ) -> None:
        super().__init__(scope, id)
        if not when.startswith("cron("):
            rate_of(when)
        scheduler.CfnSchedule(
            self,
            "Schedule",
            name=within(name, LONGEST_NAME),
            schedule_expression=when,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=clock.target,
                role_arn=clock.role.role_arn,
                input=json.dumps(dict(document)),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=clock.lost.queue_arn
                ),
            ),
        )


_UNITS = {"minute": 60, "hour": 3600, "day": 86_400}


def rate_of(expression: str) -> Duration:
    """How often a schedule ``rate(<n> <unit>)`` fires. Raises ValueError for another form."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if not found:
        raise ValueError(f"a schedule must be rate(<n> minutes|hours|days), not {expression!r}")
    return Duration.seconds(int(found[1]) * _UNITS[found[2]])
