"""Processing job: score a file of request rows, or a validated batch of events, with the champion.

Input ``scoring``: one data file, or ``batch.json`` that names a batch of the events. Output
``scores``: ``predictions.parquet``, ``manifest.json`` and, if rows cannot be scored,
``refused.jsonl`` with their reasons.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import boto3
import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.champion import champion_of
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.aws.wiring import Wiring
from ghosteam.data.declared import as_declared
from ghosteam.data.quarantine import to_json_lines
from ghosteam.documents import keys
from ghosteam.documents.digests import digest_for
from ghosteam.documents.keys import parse_uri
from ghosteam.documents.scoring_manifest import ScoringManifest
from ghosteam.documents.slot import Slot
from ghosteam.errors import InvalidInput, NotFound
from ghosteam.features.room import Room
from ghosteam.features.training_set import read_sources
from ghosteam.learning.archive import ARCHIVE
from ghosteam.learning.package import load_archive
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import LakeStateSettings
from ghosteam.serving.batch_scoring import (
    RequestRows,
    manifest_of,
    parts_for,
    rows_of_batch,
    rows_of_file,
    score_rows,
)
from ghosteam.steps.definitions import Definitions


def main(base: Path, arguments: Sequence[str]) -> None:
    """Score what ``<base>/processing/input/scoring`` holds.

    Raises:
        InvalidInput: no model serves the problem, or the rows cannot be scored.
    """
    options = _options(arguments)
    aws = Wiring(LakeStateSettings, boto3.client)
    problem = find_problem(deployed_problems(), options.problem)
    champion = _champion(aws.state, problem)
    artifacts = aws.objects(parse_uri(champion.model_uri)[0])
    # The model is asked by what it learned, whatever the folder says by now.
    problem = Definitions(artifacts).of(champion, problem)
    now = datetime.now(UTC)
    source = _source(base / "processing" / "input" / "scoring")
    batch_id = (
        json.loads(source.read_text(encoding="utf-8"))["batch_id"]
        if source.name == keys.SCORING_BATCH
        else None
    )
    asked = (
        rows_of_batch(_batch(aws.ledger, aws.lake, problem, batch_id), problem)
        if batch_id
        else rows_of_file(source, problem, landed=now)
    )
    batches = {name: aws.ledger.active(problem.problem, name) for name in problem.datasets}
    parts = parts_for(problem, batches, asked.rows)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sources = read_sources(
            problem,
            parts,
            lambda key: pl.read_parquet(BytesIO(aws.lake.get(key))),
            room=Room(work),
        )
        artifacts.download(parse_uri(champion.model_uri)[1], work / ARCHIVE)
        predictor = load_archive(
            work / ARCHIVE, work / "model", digest=digest_for(champion.digests, "model")
        )
        predictions = score_rows(
            asked.rows, problem, sources.views, predictor, version=champion.version
        )
    manifest = manifest_of(
        problem,
        name=options.name,
        source=f"batch {batch_id}" if batch_id else source.name,
        champion=champion,
        scored=predictions.height,
        refused=len(asked.refused),
        parts=parts,
        now=now,
    )
    _write(base / "processing" / "output" / "scores", predictions, asked, manifest, source.name)
    print(json.dumps({**asdict(manifest.rows), "version": champion.version}), flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="score_batch", description=__doc__)
    parser.add_argument("--problem", required=True)
    parser.add_argument(
        "--name", required=True, help="name of this scoring, below scoring/<problem>/ in the lake"
    )
    return parser.parse_args(arguments)


def _champion(state: StateTable, problem: Problem) -> Slot:
    champion = champion_of(state, problem.problem)
    if champion is None:
        raise InvalidInput(
            "No model serves this problem yet",
            where={"problem": problem.problem},
            remedy="Wait until the first training run is promoted: 'ghosteam status' says what it "
            "waits for",
        )
    return champion


def _source(channel: Path) -> Path:
    files = [path for path in channel.iterdir() if path.is_file()] if channel.is_dir() else []
    if len(files) != 1:
        raise InvalidInput(f"The input holds {len(files)} files", remedy="Give it one data file")
    return files[0]


def _batch(
    ledger: BatchLedger, lake: Objects, problem: Problem, batch_id: str
) -> list[pl.DataFrame]:
    record = ledger.find(problem.problem, problem.events_name, batch_id)
    if record is None or record.status != "validated":
        raise NotFound(
            "There is no such validated batch",
            where={"dataset": problem.events_name, "batch_id": batch_id},
            remedy="Name a batch of that data set that was validated",
        )
    columns = tuple(problem.events.columns)
    return [
        as_declared(pl.read_parquet(BytesIO(lake.get(key))), problem.events, columns)
        for key in record.validated_parts
    ]


def _write(
    folder: Path,
    predictions: pl.DataFrame,
    asked: RequestRows,
    manifest: ScoringManifest,
    source: str,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    predictions.write_parquet(folder / "predictions.parquet")
    if asked.refused:
        (folder / "refused.jsonl").write_bytes(to_json_lines(asked.refused, {"file": source}))
    (folder / "manifest.json").write_text(
        json.dumps(manifest.to_json(), indent=1, sort_keys=True, allow_nan=False), encoding="utf-8"
    )
