"""Processing job: validate one batch that is too large for the function; the same step on the same
event.

Input ``handover``: the event. The settings come from the environment, as they do to the function.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.problems import deployed_problems, repository
from ghosteam.runtime.settings import ValidateSettings
from ghosteam.steps.handed_over import event_in, scratch_in
from ghosteam.steps.validate_batch import Validation, validate_batch


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Writes to the lake, the ledger and the bus what the function would."""
    aws = Wiring(ValidateSettings, boto3.client)
    validation = Validation(
        lake=aws.lake,
        ledger=aws.ledger,
        state=aws.state,
        bus=aws.bus,
        problems=deployed_problems(),
        repository=repository(),
        scratch=scratch_in(base),
    )
    print(validate_batch(event_in(base), validation), flush=True)
