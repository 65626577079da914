"""Executions of one Step Functions state machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated
from ghosteam.documents.event import ExecutionChange
from ghosteam.errors import Conflict, NotFound

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Executions:
    """``client`` is a boto3 Step Functions client."""

    def __init__(self, client: SFNClient, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def arn_of(self, name: str) -> str:
        """ARN of the execution ``name``, whether there is one or not."""
        return f"{self._arn.replace(':stateMachine:', ':execution:', 1)}:{name}"

    def start(self, name: str, document: Mapping[str, object]) -> bool:
        """Start the execution ``name`` with ``document`` as its input. False when there was one of
        that name already.
        """
        text = json.dumps(document, sort_keys=True, allow_nan=False)
        try:
            with translated("Starting an execution", state_machine=self._arn, execution=name):
                self._client.start_execution(stateMachineArn=self._arn, name=name, input=text)
        except Conflict:
            return False
        return True


class ExecutionReader:
    """Looks at executions of any state machine. ``client`` is a boto3 Step Functions client."""

    def __init__(self, client: SFNClient) -> None:
        self._client = client

    def is_running(self, execution: str) -> bool:
        """Whether the execution with this ARN is at work; one that never was or was forgotten is
        not.
        """
        found = self.describe(execution)
        return found is not None and found["status"] == "RUNNING"

    def describe(self, execution: str) -> ExecutionChange | None:
        """The execution as the event "Step Functions Execution Status Change" tells it; None where
        there is none.
        """
        try:
            with translated("Reading an execution", execution=execution):
                answer = self._client.describe_execution(executionArn=execution)
        except NotFound:
            return None
        return {
            "executionArn": answer["executionArn"],
            "status": answer["status"],
            "input": answer.get("input"),
            "error": answer.get("error"),
            "cause": answer.get("cause"),
        }
