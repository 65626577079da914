"""Processing job: ingest one file that is too large for the function; the same step on the same
event.

Input ``handover``: the event. The settings come from the environment, as they do to the function.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import IngestSettings
from ghosteam.steps.follow_landing import follow_landing
from ghosteam.steps.handed_over import event_in, scratch_in
from ghosteam.steps.ingest_file import Ingest


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Writes to the lake, the ledger and the bus what the function would."""
    aws = Wiring(IngestSettings, boto3.client)
    ingest = Ingest(
        landing=aws.landing,
        lake=aws.lake,
        ledger=aws.ledger,
        bus=aws.bus,
        problems=deployed_problems(),
        max_file_bytes=int(aws.settings.max_file_bytes),
        part_rows=int(aws.settings.part_rows),
        scratch=scratch_in(base),
    )
    print(follow_landing(event_in(base), ingest, now=datetime.now(UTC)), flush=True)
