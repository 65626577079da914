"""``ghosteam score``: hand a file of rows to the scoring job, wait, fetch the predictions."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from cli.connection import Connection
from ghosteam.data.formats import format_of
from ghosteam.documents import keys
from ghosteam.documents.scoring_manifest import ScoringManifest

_POLL_SECONDS = 2.0


class ScoringFailed(RuntimeError):
    """The job ended without predictions; the text is its reason."""


@dataclass(frozen=True)
class Scored:
    """What came of a scoring: the manifest that the job wrote, and where it lies."""

    manifest: ScoringManifest
    uri: str


def score_file(
    connection: Connection,
    problem: str,
    file: Path,
    *,
    save: Path | None,
    say: Callable[[str], None],
) -> Scored:
    """Score the rows of a local file; ``save`` is where the predictions (Parquet) go on this
    machine.

    Raises:
        InvalidInput: the file's name ends in no known format.
        ScoringFailed: the job failed.
    """
    format_of(file.name)
    with file.open("rb") as body:
        return _score(connection, problem, file.name, body, save=save, say=say)


def score_batch(
    connection: Connection,
    problem: str,
    batch_id: str,
    *,
    save: Path | None,
    say: Callable[[str], None],
) -> Scored:
    """Score the rows of a validated batch of events. Raises ScoringFailed when the job failed."""
    body = io.BytesIO(json.dumps({"batch_id": batch_id}).encode())
    return _score(connection, problem, keys.SCORING_BATCH, body, save=save, say=say)


def _score(
    connection: Connection,
    problem: str,
    file_name: str,
    body: BinaryIO,
    *,
    save: Path | None,
    say: Callable[[str], None],
) -> Scored:
    lake, s3 = connection.names["lake_bucket"], connection.client("s3")
    name = scoring_name(file_name, datetime.now(UTC))
    s3.upload_fileobj(body, lake, f"{keys.scoring_input(problem, name)}/{file_name}")
    states = connection.client("stepfunctions")
    execution = states.start_execution(
        stateMachineArn=connection.names["scoring_machine"],
        name=f"{problem}-{name}",
        input=json.dumps({"problem": problem, "name": name}),
    )["executionArn"]
    say(f"scoring {name} …")
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(_POLL_SECONDS)
    if found["status"] != "SUCCEEDED":
        raise ScoringFailed(f"{found['status']}: {_reason(found.get('cause', ''))}")
    output = keys.scoring_output(problem, name)
    body = s3.get_object(Bucket=lake, Key=f"{output}/manifest.json")["Body"]
    manifest = ScoringManifest.from_json(json.loads(body.read()))
    if save is not None:
        s3.download_file(lake, f"{output}/predictions.parquet", str(save))
    return Scored(manifest, f"s3://{lake}/{output}")


def scoring_name(file_name: str, now: datetime) -> str:
    """Name of a scoring: its time and what of the file's name an execution's name may hold, at most
    48 characters.
    """
    stem = re.sub(r"[^A-Za-z0-9]+", "-", file_name.split(".")[0]).strip("-")
    return f"{now:%Y%m%dT%H%M%S%f}-{stem}"[:48].rstrip("-")


def _reason(cause: str) -> str:
    """A failed job's own words, from the description that Step Functions gives as the cause."""
    try:
        job = json.loads(cause)
    except ValueError:
        return cause
    return str(job.get("ExitMessage") or job.get("FailureReason") or cause)
