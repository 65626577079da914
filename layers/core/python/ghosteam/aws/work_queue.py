"""The queue that feeds a function, as its failures see it: come again later, or be given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated
from ghosteam.errors import Conflict, Defect

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, SendMessageRequestTypeDef

QUEUE_VARIABLE = "GHOSTEAM_QUEUE_URL"
DEAD_LETTERS_VARIABLE = "GHOSTEAM_DEAD_LETTERS_URL"


class WorkQueue:
    """``client`` is a boto3 SQS client."""

    def __init__(self, client: SQSClient, *, url: str, dead_letters_url: str) -> None:
        self._client = client
        self._url = url
        self._dead_letters_url = dead_letters_url

    @classmethod
    def from_environment(cls, client: SQSClient, environment: Mapping[str, str]) -> WorkQueue:
        """The queue that the stack named. Raises Defect when it named none."""
        try:
            url, dead = environment[QUEUE_VARIABLE], environment[DEAD_LETTERS_VARIABLE]
        except KeyError as error:
            raise Defect(
                f"The variable {error} is missing", remedy="Deploy the function's stack again"
            ) from error
        return cls(client, url=url, dead_letters_url=dead)

    def put(self, body: str) -> None:
        """Put a message into the queue."""
        with translated("Putting a message into a queue"):
            self._client.send_message(QueueUrl=self._url, MessageBody=body)

    def hold(self, receipt_handle: str, *, seconds: int) -> None:
        """Keep a received message, and in a FIFO queue its group, from others for ``seconds`` from
        now on.

        Raises:
            Conflict: it was held for too long already, and is somebody else's by now.
        """
        try:
            with translated("Holding a message"):
                self._change_visibility(receipt_handle, seconds)
        except Defect as error:
            raise Conflict(
                "The message is not held any more", remedy="It comes again, or is at work already"
            ) from error

    def come_again(self, receipt_handle: str, *, seconds: int) -> None:
        """Let a received message be received again after ``seconds``."""
        with translated("Putting a message back"):
            self._change_visibility(receipt_handle, seconds)

    def line_up_again(self, body: str, *, message_id: str, group: str | None) -> None:
        """Put a received message's ``body`` at the end of its line, as a new message.

        Whoever dies before the old one is deleted puts it there again, which a FIFO queue takes for
        one for five minutes, and every step may meet.
        """
        with translated("Lining up again"):
            self._client.send_message(
                **_message(self._url, body, once=f"{message_id}-again", group=group)
            )

    def give_up(
        self, body: str, *, message_id: str, group: str | None, reasons: Mapping[str, str]
    ) -> None:
        """Put a message's ``body`` among the dead letters, with its ``reasons`` as attributes.

        The same message again in a FIFO queue is kept once for five minutes; a standard queue has
        groups, and refuses a deduplication id.
        """
        attributes: dict[str, MessageAttributeValueTypeDef] = {
            name: {"DataType": "String", "StringValue": text}
            for name, text in reasons.items()
            if text
        }
        message = _message(self._dead_letters_url, body, once=message_id, group=group)
        message["MessageAttributes"] = attributes
        with translated("Giving a message up"):
            self._client.send_message(**message)

    def _change_visibility(self, receipt_handle: str, seconds: int) -> None:
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )


def _message(url: str, body: str, *, once: str, group: str | None) -> SendMessageRequestTypeDef:
    """A message with its place in a queue; ``once``: a FIFO queue takes one of each in five
    minutes.
    """
    message: SendMessageRequestTypeDef = {"QueueUrl": url, "MessageBody": body}
    if group:
        message["MessageGroupId"] = group
    if url.endswith(".fifo"):
        message["MessageDeduplicationId"] = once
    return message
