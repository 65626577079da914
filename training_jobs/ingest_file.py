"""Processing job: ingest one file that is too large for the function; the same step on the same
event.

Input ``handover``: the event. The settings come from the environment, as they do to the function.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import boto3

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import IngestSettings
from ghosteam.steps.hand_over import EVENT_FILE
from ghosteam.steps.ingest_file import Ingest, ingest_file


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Writes to the lake, the ledger and the bus what the function would."""
    settings = IngestSettings.from_environment(os.environ)
    s3 = boto3.client("s3")
    scratch = base / "processing" / "scratch"  # on the job's own volume, which is sized for it
    scratch.mkdir(parents=True, exist_ok=True)
    ingest = Ingest(
        landing=Objects(s3, settings.landing_bucket),
        lake=Objects(s3, settings.lake_bucket),
        ledger=BatchLedger(StateTable(boto3.client("dynamodb"), settings.state_table)),
        bus=Bus(boto3.client("events"), settings.bus_name),
        problems=deployed_problems(),
        max_file_bytes=int(settings.max_file_bytes),
        part_rows=int(settings.part_rows),
        scratch=scratch,
    )
    event = json.loads(
        (base / "processing" / "input" / "handover" / EVENT_FILE).read_text(encoding="utf-8")
    )
    print(ingest_file(event, ingest, now=datetime.now(UTC)), flush=True)
