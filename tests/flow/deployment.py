"""What stands in a deployment and can be asked: buckets, state, functions, queues, state machines,
metrics, logs, all through AWS APIs.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from cli.connection import ROOT, ApiClient, Connection
from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.problem.load import load_problems
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import namespace

Found = TypeVar("Found")
PREFIX = "ghosteam-local"
MINUTE = timedelta(minutes=1)


@dataclass
class Deployment:
    """One deployment of environment ``local`` in an account of its own; ``repository``: the folders
    of its problems.
    """

    connection: Connection
    state_dir: Path
    repository: Path = ROOT / "feature_repo"

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
        return load_problems(self.repository, environment="local")

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
    def api(self) -> ApiClient:
        """The HTTPS API."""
        return self.connection.api()

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

    def processes(self, *words: str) -> list[int]:
        """Processes of this account that were started with these words, as arguments or as
        ``NAME=value``.
        """
        wanted = {*words, f"AWS_ENDPOINT_URL={self.connection.variables['AWS_ENDPOINT_URL']}"}
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    given = [(entry / name).read_bytes() for name in ("environ", "cmdline")]
                    if wanted <= set(b"\0".join(given).decode(errors="replace").split("\0")):
                        found.append(int(entry.name))
        return found

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
        runs = [
            f"run {run.data.run_id} {run.data.status}: {'; '.join(run.data.reasons)}"
            for name in self.problems
            for run in self.state.list(name, state_keys.RUNS)
        ]
        return "\n".join(["--- executions", *lines, "--- runs", *runs])
