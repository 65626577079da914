"""``ghosteam redrive``: what lies among the dead letters and why, and back to work with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cli.connection import Connection

_EXAMINE_SECONDS = 120
"""For so long a listed message is kept from others, so that none is listed twice."""


@dataclass(frozen=True)
class DeadLetter:
    """One message that was given up. ``source`` and ``dead`` are the URLs of the queue that it came
    from and of the one where it lies; ``reasons``: error, message, where, remedy, as far as they
    are known.
    """

    source: str
    dead: str
    message_id: str
    receipt_handle: str
    body: str
    sent_at: datetime
    group: str | None
    reasons: dict[str, str]

    @property
    def about(self) -> str:
        """What the message was about: its event's type and ids."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return self.body[:100]
        event = document.get("event") or document  # what arrives holds the event
        detail = event.get("detail") or event
        place = (
            detail.get("object", {}).get("key") if isinstance(detail.get("object"), dict) else None
        )
        ids = [
            str(detail[name])
            for name in ("problem", "dataset", "batch_id", "run_id")
            if detail.get(name)
        ]
        what = event.get("detail-type") or f"turn {document.get('work', 'of')}"
        return " ".join([str(what), *([place] if place else ids)])

    @property
    def why(self) -> str:
        """Why it was given up, in a line."""
        if not self.reasons:
            return (
                "it failed at every delivery, or its worker was killed; the function's log "
                "says "
                "more"
            )
        told = f"{self.reasons.get('error', '')}: {self.reasons.get('message', '')}"
        return ". ".join(part for part in (told, self.reasons.get("remedy", "")) if part)


def environment_queues(connection: Connection) -> Iterator[str]:
    """URLs of all queues of this deployment: one environment's name may begin another's, so its tag
    decides.
    """
    sqs = connection.client("sqs")
    for page in sqs.get_paginator("list_queues").paginate():
        for url in page.get("QueueUrls", []):
            if (
                sqs.list_queue_tags(QueueUrl=url).get("Tags", {}).get("ghosteam:environment")
                == connection.environment
            ):
                yield str(url)


def queues_of_given_up(connection: Connection) -> list[str]:
    """URLs of the queues that hold what was given up: dead letters, and what a rule or a schedule
    could not deliver.
    """
    return [
        url
        for url in environment_queues(connection)
        if "DeadLetters" in url or "Undelivered" in url
    ]


def given_up(connection: Connection, urls: Sequence[str]) -> dict[str, int]:
    """How many messages lie in each of these queues, by the queue's name; empty ones are left
    out.
    """
    sqs, wanted = connection.client("sqs"), "ApproximateNumberOfMessages"
    counts = {}
    for url in urls:
        count = int(
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])["Attributes"][wanted]
        )
        if count:
            counts[url.rsplit("/", 1)[-1]] = count
    return counts


def dead_letter_queues(connection: Connection) -> dict[str, str]:
    """URL of the queue of dead letters for each queue of this deployment that has one."""
    sqs = connection.client("sqs")
    found = {}
    for url in environment_queues(connection):
        policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get(
            "Attributes", {}
        )
        if "RedrivePolicy" in policy:
            arn = json.loads(policy["RedrivePolicy"])["deadLetterTargetArn"]
            found[url] = sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
    return found


def dead_letters(connection: Connection, queues: Sequence[str] = ()) -> Iterator[DeadLetter]:
    """What lies among the dead letters, of the queues whose name holds one of ``queues`` (all by
    default).
    """
    sqs = connection.client("sqs")
    for source, dead in dead_letter_queues(connection).items():
        if queues and not any(name in source for name in queues):
            continue
        seen: set[str] = set()
        while messages := _receive(sqs, dead):
            fresh = [message for message in messages if message["MessageId"] not in seen]
            if not fresh:
                break
            for message in fresh:
                seen.add(message["MessageId"])
                yield _letter(source, dead, message)


def put_back(connection: Connection, letter: DeadLetter) -> None:
    """Send the message to its queue again, then delete it from the dead letters.

    A death in between leaves it in both places: every step may be repeated.
    """
    sqs = connection.client("sqs")
    order = {"MessageGroupId": letter.group} if letter.group else {}
    if letter.source.endswith(".fifo"):
        order["MessageDeduplicationId"] = f"redrive-{letter.message_id}"
    sqs.send_message(QueueUrl=letter.source, MessageBody=letter.body, **order)
    sqs.delete_message(QueueUrl=letter.dead, ReceiptHandle=letter.receipt_handle)


def leave(connection: Connection, letter: DeadLetter) -> None:
    """Let the message be seen again at once."""
    connection.client("sqs").change_message_visibility(
        QueueUrl=letter.dead, ReceiptHandle=letter.receipt_handle, VisibilityTimeout=0
    )


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=_EXAMINE_SECONDS,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))


def _letter(source: str, dead: str, message: dict[str, Any]) -> DeadLetter:
    attributes = message.get("Attributes", {})
    told = message.get("MessageAttributes", {})
    return DeadLetter(
        source,
        dead,
        message["MessageId"],
        message["ReceiptHandle"],
        message["Body"],
        datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        attributes.get("MessageGroupId"),
        {name: value["StringValue"] for name, value in told.items() if "StringValue" in value},
    )
