"""The queues of work that is kept apart by problem, found by their names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated
from ghosteam.documents.work import Work, queue_name

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class WorkQueues:
    """``client`` is a boto3 SQS client; ``prefix``: begin of the queues' names."""

    def __init__(self, client: SQSClient, prefix: str) -> None:
        self._client, self._prefix = client, prefix
        self._urls: dict[Work, str] = {}

    def send(self, work: Work, document: Mapping[str, object], *, group: str) -> None:
        """Put a message on the queue of ``work``.

        A group of a FIFO queue is worked on one at a time; a standard queue is fair to its groups.
        """
        with translated("Sending work", work=work):
            self._client.send_message(
                QueueUrl=self._url(work),
                MessageBody=json.dumps(document, allow_nan=False),
                MessageGroupId=group,
            )

    def _url(self, work: Work) -> str:
        if work not in self._urls:
            name = queue_name(self._prefix, work)
            self._urls[work] = self._client.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[work]
