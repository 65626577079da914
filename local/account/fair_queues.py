"""A standard queue whose messages have groups is fair to them.

Source: "How Amazon SQS fair queues work", SQS developer guide. AWS calls a group noisy that has
more than a tenth of the work; here the group with the fewest messages in flight comes first at any
size, since few fit into this machine.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from local.account import seams

Collect = Callable[[dict[str, Any], int, int], list[dict[str, Any]]]


def install() -> None:
    """Let ministack look at a queue's messages in that order."""
    from ministack.services import sqs

    seams.replace(sqs, "_collect_msgs", _fair)


def _fair(original: Collect) -> Collect:
    def collect(queue: dict[str, Any], most: int, seconds: int) -> list[dict[str, Any]]:
        if not queue["is_fifo"] and any(one.get("group_id") for one in queue["messages"]):
            queue["messages"] = in_turn(queue["messages"], time.time())
        return original(queue, most, seconds)

    return collect


def in_turn(messages: list[dict[str, Any]], now: float) -> list[dict[str, Any]]:
    """The messages in the order in which they are received: of the group first that has the fewest
    in flight, each that is put before the others counted with those. One without a group is a group
    of its own.
    """
    busy = Counter(_group(one) for one in messages if one["visible_at"] > now)
    places: dict[int, tuple[int, float]] = {}
    for message in sorted(messages, key=lambda one: float(one["sent_at"])):
        group = _group(message)
        places[id(message)] = (busy[group], message["sent_at"])
        busy[group] += message["visible_at"] <= now
    return sorted(messages, key=lambda one: places[id(one)])


def _group(message: dict[str, Any]) -> object:
    return message.get("group_id") or id(message)
