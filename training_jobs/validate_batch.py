"""Processing job: validate one batch that is too large for the function; the same step on the same
event.

Input ``handover``: the event. The settings come from the environment, as they do to the function.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.problems import deployed_problems, repository
from ghosteam.runtime.settings import ValidateSettings
from ghosteam.steps.hand_over import EVENT_FILE
from ghosteam.steps.validate_batch import Validation, validate_batch


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Writes to the lake, the ledger and the bus what the function would."""
    aws = Wiring(ValidateSettings, boto3.client)
    scratch = base / "processing" / "scratch"  # on the job's own volume, which is sized for it
    scratch.mkdir(parents=True, exist_ok=True)
    validation = Validation(
        lake=aws.lake,
        ledger=aws.ledger,
        bus=aws.bus,
        problems=deployed_problems(),
        repository=repository(),
        scratch=scratch,
    )
    event = json.loads(
        (base / "processing" / "input" / "handover" / EVENT_FILE).read_text(encoding="utf-8")
    )
    print(validate_batch(event, validation), flush=True)
