"""The loop of one problem, read from the outside: state documents, executions, jobs, alerts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from cli.connection import ROOT, Connection
from cli.redrive import given_up, queues_of_given_up
from ghosteam.aws.bus import Bus
from ghosteam.aws.champion import champion_of
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.evaluation import Evaluation
from ghosteam.documents.event import Event
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from ghosteam.documents.state_keys import Form, Key
from ghosteam.problem.load import find_problem, load_problems

Invoke = Callable[[str, dict[str, Any]], Any]
"""Calls a function of an environment, see :meth:`Loop.invoke`."""


class Loop:
    """What has happened to one problem so far. Raises NotFound for a problem that has no folder."""

    def __init__(self, connection: Connection, problem: str) -> None:
        self.specification = find_problem(
            load_problems(ROOT / "feature_repo", environment=connection.environment), problem
        )
        self.connection = connection
        self.problem = problem
        self.state = StateTable(connection.client("dynamodb"), connection.names["state_table"])
        self.artifacts = Objects(connection.client("s3"), connection.names["artifact_bucket"])
        self.lake = Objects(connection.client("s3"), connection.names["lake_bucket"])
        self._machines = connection.client("stepfunctions")

    def document(self, key: Key[Form]) -> Form | None:
        """What a state document says."""
        return self.state.find(self.problem, key)

    def documents(self, prefix: Key[Form]) -> list[Form]:
        """What all state documents below a prefix say, in key order."""
        return [document.data for document in self.state.list(self.problem, prefix)]

    @property
    def batches(self) -> list[BatchRecord]:
        """The ledger's batches."""
        return self.documents(state_keys.BATCHES)

    @property
    def materialized(self) -> set[str]:
        """Ids of the batches whose features are online."""
        return {document.batch_id for document in self.documents(state_keys.MATERIALIZED_BATCHES)}

    @property
    def runs(self) -> list[Run]:
        """Retraining runs, oldest first."""
        return sorted(self.documents(state_keys.RUNS), key=lambda run: run.started_at)

    @property
    def champion(self) -> Slot | None:
        """The slot that serves."""
        return champion_of(self.state, self.problem)

    @cached_property
    def machine_arns(self) -> dict[str, str]:
        """ARNs of this environment's state machines by their short names: retraining, rollout,
        driftreport.
        """
        prefix = f"ghosteam-{self.connection.environment}-"
        pages = self._machines.get_paginator("list_state_machines").paginate()
        machines = (machine for page in pages for machine in page["stateMachines"])
        return {
            m["name"].removeprefix(prefix): m["stateMachineArn"]
            for m in machines
            if m["name"].startswith(prefix)
        }

    def executions(self, machine: str) -> list[dict[str, Any]]:
        """The newest executions of a state machine, newest first."""
        found = self._machines.list_executions(
            stateMachineArn=self.machine_arns[machine], maxResults=20
        )
        return list(found["executions"])

    def execution_for(self, machine: str, asked: Mapping[str, str]) -> dict[str, Any] | None:
        """The newest of these executions whose input holds what was asked, as it is described; None
        where there is none, or no such machine.
        """
        for execution in self.executions(machine) if machine in self.machine_arns else ():
            arn = execution["executionArn"]
            described: dict[str, Any] = self._machines.describe_execution(executionArn=arn)
            if asked.items() <= json.loads(described["input"]).items():
                return described
        return None

    def where(self, execution: dict[str, Any]) -> str:
        """The state that an execution entered last."""
        history = self._machines.get_execution_history(
            executionArn=execution["executionArn"], reverseOrder=True, maxResults=50
        )["events"]
        entered = (
            event["stateEnteredEventDetails"]["name"]
            for event in history
            if "stateEnteredEventDetails" in event
        )
        return next(entered, "starting")

    def why_failed(self, execution: dict[str, Any]) -> str:
        """The cause of an execution that did not succeed."""
        described = self._machines.describe_execution(executionArn=execution["executionArn"])
        cause = str(described.get("cause", "no cause was given"))
        try:
            document = json.loads(cause)
            cause = str(document.get("errorMessage") or document.get("FailureReason") or cause)
        except (json.JSONDecodeError, AttributeError):
            pass
        return f"{described.get('error', described['status'])}: {cause[:1200]}"

    def jobs_of(self, run_id: str) -> dict[str, str]:
        """Training jobs of a run: family and status."""
        jobs = self.connection.client("sagemaker").list_training_jobs(NameContains=run_id)[
            "TrainingJobSummaries"
        ]
        return {job["TrainingJobName"].split("-")[-2]: job["TrainingJobStatus"] for job in jobs}

    def evaluation(self, run_id: str) -> Evaluation | None:
        """What a run measured and decided."""
        found = self.artifacts.find_json(keys.evaluation(self.problem, run_id))
        return Evaluation.from_json(found) if found else None

    def lost_messages(self) -> list[str]:
        """Queues of given-up messages that hold some, as ``queue: count``."""
        counts = given_up(self.connection, self._graves)
        return [f"{name}: {count}" for name, count in counts.items()]

    @cached_property
    def _graves(self) -> list[str]:
        return queues_of_given_up(self.connection)

    def alerts(self) -> Iterator[dict[str, Any]]:
        """Take the messages that the alert topic put into the inbox."""
        queues, url = self.connection.client("sqs"), self.connection.names["inbox_url"]
        while messages := queues.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            for message in messages:
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield json.loads(json.loads(message["Body"])["Message"])

    def request_retraining(self, as_of: str | None = None) -> str:
        """Ask the policy for a run, as of a time of the data (ISO 8601) or of the newest; the
        request's id, which the state document ``decision#…`` that answers it holds.
        """
        bus = Bus(self.connection.client("events"), self.connection.names["bus_name"])
        request = uuid.uuid4().hex[:12]
        detail = {"request_id": request, **({"as_of": as_of} if as_of else {})}
        bus.publish(Event("RetrainingRequested", self.problem, detail))
        return request

    def step_of(self, run_id: str) -> str | None:
        """The state that a run's execution entered last; None when there is no such execution at
        work.
        """
        return self.where_is(
            self.machine_arns["retraining"].replace(":stateMachine:", ":execution:", 1)
            + f":{run_id}"
        )

    def where_is(self, execution: str) -> str | None:
        """The state that an execution (an ARN) entered last; None when it is not at work."""
        try:
            described = self._machines.describe_execution(executionArn=execution)
        except self._machines.exceptions.ExecutionDoesNotExist:
            return None
        return self.where(described) if described["status"] == "RUNNING" else None

    def check_drift(self, as_of: str) -> DriftVerdict:
        """Judge the window that ends at ``as_of`` (ISO 8601)."""
        asked = {"problem": self.problem, "as_of": as_of}
        return DriftVerdict.from_json(self.invoke("check-drift", asked))

    def invoke(self, function: str, payload: dict[str, Any]) -> Any:
        """Call a function of this environment; raises RuntimeError with its error."""
        answer = self.connection.client("lambda").invoke(
            FunctionName=f"ghosteam-{self.connection.environment}-{function}",
            Payload=json.dumps(payload).encode(),
        )
        document = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RuntimeError(
                f"{function} failed: {document.get('errorType')}: {document.get('errorMessage')}"
            )
        return document
