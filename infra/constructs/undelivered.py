"""Where a stack's events and schedules wait that could not be delivered to their target at all."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.dead_letters import DeadLetters

_ID = "Undelivered"


def undelivered(scope: Construct, *, key: kms.IKey, alerts: sns.ITopic) -> sqs.IQueue:
    """The queue of the stack that holds ``scope``, made when it is first asked for.

    A standard queue: EventBridge and its scheduler deliver to no FIFO queue what they could not
    deliver.
    """
    stack = Stack.of(scope)
    found = stack.node.try_find_child(_ID)
    if found is None:
        what = f"Rules and schedules of {stack.node.id}"
        found = DeadLetters(
            stack, _ID, of=what, runbook="undelivered-events", key=key, alerts=alerts
        )
    assert isinstance(found, DeadLetters)
    return found.queue
