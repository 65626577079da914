"""Use case: something happened; put it on its step's queue, in its problem's group."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ghosteam.aws.work_queues import WorkQueues
from ghosteam.documents.work import Arrival, messages_of


def dispatch_work(
    document: Mapping[str, object], *, problems: Collection[str], queues: WorkQueues
) -> int:
    """Send on what an arrival stands for; returns the number of messages. A repetition sends them
    again, and every step may be repeated.

    Raises:
        Defect: the document is no arrival, or its queue does not exist.
        Transient: SQS did not take a message; the arrival comes again.
    """
    arrival = Arrival.from_json(document)
    messages = messages_of(arrival, problems)
    for group, message in messages:
        queues.send(arrival.work, message, group=group)
    return len(messages)
