"""What a test of the whole flow sees of its deployment: buckets, state, events, alerts, metrics,
logs, all through AWS APIs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from cli.connection import ROOT, ApiClient, Connection
from cli.redrive import DeadLetter, dead_letters, leave, put_back
from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.event import SOURCE
from ghosteam.problem.load import load_problems
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import namespace

Found = TypeVar("Found")
PREFIX = "ghosteam-local"
MINUTE = timedelta(minutes=1)


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


@dataclass
class World:
    """One deployment of environment ``local`` in an account of its own."""

    connection: Connection
    state_dir: Path

    def client(self, service: str) -> Any:
        """A boto3 client with the account's own rights."""
        return self.connection.client(service)

    @property
    def names(self) -> dict[str, str]:
        """What the stacks published."""
        return self.connection.names

    @cached_property
    def problems(self) -> dict[str, Problem]:
        """All problems as they are deployed."""
        return load_problems(ROOT / "feature_repo", environment="local")

    @cached_property
    def problem(self) -> Problem:
        """The problem ``flights`` as it is deployed."""
        return self.problems["flights"]

    @cached_property
    def state(self) -> StateTable:
        """The state table."""
        return StateTable(self.client("dynamodb"), self.names["state_table"])

    @cached_property
    def landing(self) -> Objects:
        """The landing bucket."""
        return Objects(self.client("s3"), self.names["landing_bucket"])

    @cached_property
    def lake(self) -> Objects:
        """The lake bucket."""
        return Objects(self.client("s3"), self.names["lake_bucket"])

    @cached_property
    def artifacts(self) -> Objects:
        """The artifact bucket."""
        return Objects(self.client("s3"), self.names["artifact_bucket"])

    @cached_property
    def ledger(self) -> BatchLedger:
        """The ledger of batches."""
        return BatchLedger(self.state)

    @cached_property
    def inbox(self) -> Mailbox:
        """Alerts that reached the queue behind the alert topic."""
        return Mailbox(self.client("sqs"), self.names["inbox_url"])

    @cached_property
    def api(self) -> ApiClient:
        """The HTTPS API."""
        return self.connection.api()

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

    def count(self, metric: str, **dimensions: str) -> float:
        """Sum of a metric over the last hours."""
        now = datetime.now(UTC)
        answer = self.client("cloudwatch").get_metric_statistics(
            Namespace=namespace("local"),
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(hours=3),
            EndTime=now + 5 * MINUTE,
            Period=60,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))

    def log_lines(self, function: str, since: float = 0.0) -> list[str]:
        """What a function has logged since ``since`` (epoch seconds); empty while it has no log."""
        group = f"/aws/lambda/{PREFIX}-{function.replace('_', '-')}"
        lines = []
        try:
            pages = (
                self.client("logs")
                .get_paginator("filter_log_events")
                .paginate(logGroupName=group, startTime=int(since * 1000))
            )
            for page in pages:
                lines += [event["message"].rstrip() for event in page["events"]]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
        return lines

    def invoke(self, function: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Answer of a function that must not fail."""
        answer = self.invoke_anyway(function, document)
        assert "FunctionError" not in answer, f"{function}: {answer['document']}"
        return dict(answer["document"])

    def invoke_anyway(self, function: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """The whole answer to an invocation, its payload as ``document``."""
        name = f"{PREFIX}-{function.replace('_', '-')}"
        answer = self.client("lambda").invoke(
            FunctionName=name, Payload=json.dumps(document).encode()
        )
        return {**answer, "document": json.loads(answer["Payload"].read())}

    def queue_of(self, function: str) -> str:
        """URL of the queue that feeds a function."""
        name = f"{PREFIX}-{function.replace('_', '-')}"
        mapping = self.client("lambda").list_event_source_mappings(FunctionName=name)[
            "EventSourceMappings"
        ][0]
        return str(
            self.client("sqs").get_queue_url(QueueName=mapping["EventSourceArn"].rsplit(":", 1)[1])[
                "QueueUrl"
            ]
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

    def waiting(self, url: str) -> int:
        """Messages that a queue holds, visible or being worked on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)[
            "Attributes"
        ]
        return sum(int(found[name]) for name in names)

    def executions(self, machine: str) -> list[dict[str, Any]]:
        """Executions of a state machine (``retraining``, ``rollout``, …), newest first."""
        answer = self.client("stepfunctions").list_executions(stateMachineArn=self.machine(machine))
        return sorted(
            answer["executions"], key=lambda execution: execution["startDate"], reverse=True
        )

    def machine(self, name: str) -> str:
        """ARN of a state machine."""
        machines = self.client("stepfunctions").list_state_machines()["stateMachines"]
        return str(
            next(
                machine["stateMachineArn"]
                for machine in machines
                if machine["name"] == f"{PREFIX}-{name}"
            )
        )

    def unrest(self) -> list[str]:
        """What is still at work: runs, rollouts, leases and queues of data that are not empty."""
        busy = [
            f"{name}: {execution['name']} runs"
            for name in ("retraining", "rollout")
            for execution in self.executions(name)
            if execution["status"] == "RUNNING"
        ]
        busy += [
            f"{lease} of {problem} is held"
            for problem in self.problems
            for lease in ("lease#retraining", "lease#rollout")
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
        waiting = {step: self.waiting(self.queue_of(step)) for step in steps}
        return busy + [
            f"{step}: {number} messages wait" for step, number in waiting.items() if number
        ]

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

    def eventually(
        self,
        what: str,
        look: Callable[[], Found | None],
        *,
        logs_of: tuple[str, ...] = (),
        within: float = 120,
    ) -> Found:
        """The first truthy answer of ``look``; else a failure that shows the end of the functions'
        logs.
        """
        deadline = time.monotonic() + within
        while True:
            if found := look():
                return found
            if time.monotonic() > deadline:
                tails = [
                    f"--- {function}\n" + "\n".join(self.log_lines(function)[-12:])
                    for function in logs_of
                ]
                raise AssertionError(
                    "\n".join([f"no {what} within {within:.0f} s", *tails, self._machines()])
                )
            time.sleep(0.3)

    def _machines(self) -> str:
        lines = [
            f"{name}: {e['name']} {e['status']}"
            for name in ("retraining", "rollout")
            for e in self.executions(name)
        ]
        return "\n".join(["--- executions", *lines])
