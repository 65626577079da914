"""Executions of one Step Functions state machine."""

from __future__ import annotations

import json
from typing import Any

from ghosteam.aws.errors import translated
from ghosteam.errors import Conflict


class Executions:
    """``client`` is a boto3 Step Functions client."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def arn_of(self, name: str) -> str:
        """ARN of the execution ``name``, whether there is one or not."""
        return f"{self._arn.replace(':stateMachine:', ':execution:', 1)}:{name}"

    def start(self, name: str, document: dict[str, Any]) -> bool:
        """Start the execution ``name`` with ``document`` as its input. False when there was one of that name already."""
        text = json.dumps(document, sort_keys=True, allow_nan=False)
        try:
            with translated("Starting an execution", state_machine=self._arn, execution=name):
                self._client.start_execution(stateMachineArn=self._arn, name=name, input=text)
        except Conflict:
            return False
        return True
