"""Processing job: candidates and champion on the same hold-out, gates, decision, reference profile."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import polars as pl

from ghosteam import layout
from ghosteam.aws.objects import Objects, parse_uri
from ghosteam.errors import NotFound
from ghosteam.models.evaluate import Candidate, Champion, Evaluation, evaluate
from ghosteam.models.gates import Parity
from ghosteam.models.package import load_archive
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.runtime.problems import deployed_problems
from ghosteam.undetermined import Undetermined

_MODEL = "model.tar.gz"


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Reads the inputs ``plan``, ``problem``, ``training_set``, ``candidates``, ``families``; writes the output ``evaluation``.

    ``families`` tells why a family has no candidate.
    """
    inputs, output = base / "processing" / "input", base / "processing" / "output" / "evaluation"
    plan: dict[str, Any] = json.loads((inputs / "plan" / "plan.json").read_text(encoding="utf-8"))
    problem = find_problem(deployed_problems(), plan["problem"])
    summary = json.loads((inputs / "training_set" / "summary.json").read_text(encoding="utf-8"))
    families = json.loads((inputs / "families" / "families.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        found = evaluate(
            _candidates(inputs / "candidates", plan, Path(scratch)),
            _champion(plan["champion"], Path(scratch) / "champion"),
            pl.read_parquet(inputs / "training_set" / "holdout.parquet"),
            problem=problem,
            run_id=plan["run_id"],
            holdout_start=datetime.fromisoformat(plan["holdout_start"]),
            parity=Parity(summary["parity"]["checked"], summary["parity"]["mismatches"]),
            lost=families["lost"],
        )
    train = pl.read_parquet(inputs / "training_set" / "train.parquet")
    output.mkdir(parents=True, exist_ok=True)
    _write(output / "evaluation.json", found.document)
    _write(output / "reference.json", _reference(found, train, problem))
    for candidate in found.document["candidates"]:
        print(f"{candidate['family']}: {json.dumps(candidate['metrics'])}", flush=True)
    print(f"{found.document['decision']}: {'; '.join(found.document['reasons'])}", flush=True)


def _candidates(folder: Path, plan: dict[str, Any], scratch: Path) -> list[Candidate]:
    """Every package below ``folder``; its address follows from its path below the run's prefix of models."""
    prefix = f"s3://{plan['artifact_bucket']}/{layout.models(plan['problem'], plan['run_id'])}"
    return [
        Candidate(load_archive(path, scratch / str(number)), f"{prefix}/{path.relative_to(folder).as_posix()}")
        for number, path in enumerate(sorted(folder.rglob(_MODEL)))
    ]


def _champion(described: dict[str, Any] | None, scratch: Path) -> Champion | None:
    if described is None:
        return None
    bucket, key = parse_uri(described["model_uri"])
    scratch.mkdir()
    archive = scratch / _MODEL
    try:
        Objects(boto3.client("s3"), bucket).download(key, archive)
    except NotFound as error:
        return Champion(described["version"], Undetermined(f"the champion's package is gone: {error}"))
    try:
        return Champion(described["version"], load_archive(archive, scratch / "model"))
    # Written by libraries of another time, it may fail in any way; that is the champion's, not the run's.
    except Exception as error:
        reason = f"the champion's package cannot be loaded: {type(error).__name__}: {error}"
        return Champion(described["version"], Undetermined(reason))


def _reference(found: Evaluation, train: pl.DataFrame, problem: Problem) -> dict[str, Any]:
    categorical = problem.categorical_features
    return build_reference(
        train,
        numeric=[name for name in problem.feature_names if name not in categorical],
        categorical=categorical,
        event_time=EVENT_TIME,
        window=problem.watch.window,
        scores=found.scores,
    )


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1, sort_keys=True, allow_nan=False), encoding="utf-8")
