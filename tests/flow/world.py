"""What a test of the whole flow does with its deployment: it drops files, hears events and alerts,
handles dead letters, waits for rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cli.redrive import DeadLetter, dead_letters, leave, put_back
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.event import SOURCE
from tests.flow.deployment import Deployment


@dataclass(frozen=True)
class Dropped:
    """A version of an object of the landing bucket."""

    key: str
    version_id: str


@dataclass
class Mailbox:
    """Keeps every message of a queue that only the tests read."""

    sqs: Any
    url: str
    _seen: list[dict[str, Any]] = field(default_factory=list)

    def all(self) -> list[dict[str, Any]]:
        """All message bodies so far, as JSON documents."""
        while received := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            for message in received:
                self._seen.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return self._seen


class World(Deployment):
    """A deployment whose events and alerts are kept."""

    @cached_property
    def inbox(self) -> Mailbox:
        """Alerts that reached the queue behind the alert topic."""
        return Mailbox(self.client("sqs"), self.names["inbox_url"])

    @cached_property
    def _events(self) -> Mailbox:
        sqs, events = self.client("sqs"), self.client("events")
        url = sqs.create_queue(QueueName="flow-tests")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
        place = {"EventBusName": self.names["bus_name"]}
        events.put_rule(Name="flow-tests", EventPattern=json.dumps({"source": [SOURCE]}), **place)
        events.put_targets(Rule="flow-tests", Targets=[{"Id": "queue", "Arn": arn}], **place)
        return Mailbox(sqs, url)

    def listen(self) -> None:
        """Begin to keep the events of the bus."""
        self._events.all()

    def events(self, kind: str, **ids: object) -> list[dict[str, Any]]:
        """Details of the events of a kind so far that have these ids."""
        details = [event["detail"] for event in self._events.all() if event["detail-type"] == kind]
        return [detail for detail in details if ids.items() <= detail.items()]

    def alerts(self, text: str) -> list[dict[str, Any]]:
        """Alerts whose text holds ``text``."""
        return [alert for alert in self.inbox.all() if text in alert["Message"]]

    def drop(self, dataset: str, name: str, body: bytes, *, problem: str = "flights") -> Dropped:
        """Put a file where data sets land."""
        key = f"{problem}/{dataset}/{name}"
        answer = self.client("s3").put_object(Bucket=self.landing.bucket, Key=key, Body=body)
        return Dropped(key, answer["VersionId"])

    def batch(self, dropped: Dropped, *statuses: str) -> BatchRecord | None:
        """The batch first made of a dropped file, if it has one of the statuses (any by
        default).
        """
        problem, dataset = dropped.key.split("/")[:2]
        for record in self.ledger.all(problem, dataset):
            if record.source.version_id == dropped.version_id and (
                not statuses or record.status in statuses
            ):
                return record
        return None

    def settled(self, dropped: Dropped, within: float = 120) -> BatchRecord:
        """The batch made of a dropped file, once it is validated or rejected."""
        return self.eventually(
            f"a verdict on {dropped.key}",
            lambda: self.batch(dropped, "validated", "rejected"),
            logs_of=("ingest_file", "validate_batch"),
            within=within,
        )

    @contextmanager
    def soon_again(self, function: str, seconds: int) -> Iterator[str]:
        """A message whose worker was killed comes again after ``seconds``; gives the queue's
        URL.
        """
        sqs, url = self.client("sqs"), self.queue_of(function)
        name = "VisibilityTimeout"
        usual = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={name: str(seconds)})
        try:
            yield url
        finally:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={name: usual})

    def dead_letters(self, function: str) -> list[DeadLetter]:
        """What the function gave up, put back among its dead letters."""
        source = self.queue_of(function)
        found = [letter for letter in dead_letters(self.connection) if letter.source == source]
        for letter in found:
            leave(self.connection, letter)
        return found

    def redrive(self, function: str) -> int:
        """Put back what the function gave up; how many messages that were."""
        source = self.queue_of(function)
        found = [letter for letter in dead_letters(self.connection) if letter.source == source]
        for letter in found:
            put_back(self.connection, letter)
        return len(found)

    def unrest(self) -> list[str]:
        """What is still at work: runs, rollouts, leases and queues of data that are not empty."""
        busy = [
            f"{name}: {execution['name']} runs"
            for name in ("retraining", "rollout")
            for execution in self.executions(name)
            if execution["status"] == "RUNNING"
        ]
        busy += [
            f"{lease.text} of {problem} is held"
            for problem in self.problems
            for lease in (state_keys.RETRAINING_LEASE, state_keys.ROLLOUT_LEASE)
            if self.state.get(problem, lease)
        ]
        steps = (
            "ingest_file",
            "validate_batch",
            "materialize_features",
            "decide_retraining",
            "check_performance",
            "finish_run",
        )
        # Between two steps a message is where things arrive.
        waiting = [
            (step, self.waiting(self.queue_of(step)))
            for one in steps
            for step in ("dispatch_work", one, "dispatch_work")
        ]
        return busy + [f"{step}: {number} messages wait" for step, number in waiting if number]

    def rest(self, within: float = 300) -> None:
        """Wait until all that was started is done."""
        try:
            self.eventually(
                "rest",
                lambda: not self.unrest(),
                logs_of=("finish_run", "retire_slot"),
                within=within,
            )
        except AssertionError as error:
            raise AssertionError("\n".join([*self.unrest(), str(error)])) from None
