"""Processing job: the run's training set and hold-out, checked against the online store.

Inputs ``plan`` (plan.json) and ``problem`` (made ready by the entry point). Output
``training_set``: ``train.parquet``, ``holdout.parquet``, ``summary.json``. Also publishes the Feast
registry and the views' rows, for notebooks.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import boto3
import polars as pl

from ghosteam.aws.objects import Objects
from ghosteam.documents.plan import Plan
from ghosteam.features.feast_objects import file_store
from ghosteam.features.parity import Parity, parity_of
from ghosteam.features.training_set import (
    Spans,
    join_features,
    model_frame,
    read_sources,
    split,
    summary_of,
    write_sources,
)
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.runtime.job_inputs import problem_of, read_plan
from ghosteam.steps.online_features import read_online

PARITY_ROWS = 50


def main(base: Path, argv: Sequence[str]) -> None:
    """Build the set that ``<base>/processing/input/plan/plan.json`` describes. Takes no
    arguments.
    """
    plan = read_plan(base / "processing" / "input")
    output = base / "processing/output/training_set"
    problem = problem_of(plan)
    s3 = boto3.client("s3")
    lake, artifacts = Objects(s3, plan.lake_bucket), Objects(s3, plan.artifact_bucket)

    sources = read_sources(problem, plan.parts, lambda key: pl.read_parquet(BytesIO(lake.get(key))))
    train_rows, holdout_rows = split(sources.events, Spans.of(plan), problem=problem)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_sources(sources, work)
        joined = join_features(
            pl.concat([train_rows, holdout_rows]),
            problem,
            file_store(
                problem,
                online_prefix=plan.online_prefix,
                registry=work / "registry.db",
                folder=folder,
            ),
        )
        registry = _publish(problem, plan, work, artifacts)
    train, holdout = joined.head(train_rows.height), joined.tail(holdout_rows.height)
    parity = _parity(problem, plan, holdout)

    output.mkdir(parents=True, exist_ok=True)
    frames = {"train": model_frame(train, problem), "holdout": model_frame(holdout, problem)}
    for name, frame in frames.items():
        frame.write_parquet(output / f"{name}.parquet")
    summary = {
        **summary_of(**frames, problem=problem),
        "parity": asdict(parity),
        "feast": {"registry": registry},
    }
    (output / "summary.json").write_text(
        json.dumps(summary, allow_nan=False, default=str, indent=1), encoding="utf-8"
    )
    print(
        json.dumps(
            {name: summary[name] for name in ("rows", "outcomes")}
            | {"mismatches": parity.mismatches}
        )
    )


def _publish(problem: Problem, plan: Plan, work: Path, artifacts: Objects) -> str:
    """Upload the views' rows and a registry that points to them; returns the registry's URI."""
    prefix = f"feast/{problem.problem}"
    for path in sorted(work.glob("*.parquet")):
        artifacts.put(f"{prefix}/sources/{path.name}", path.read_bytes())
    registry = work / "published.db"
    file_store(
        problem,
        online_prefix=plan.online_prefix,
        registry=registry,
        folder=artifacts.uri(f"{prefix}/sources"),
    )
    artifacts.put(f"{prefix}/registry.db", registry.read_bytes())
    return artifacts.uri(f"{prefix}/registry.db")


def _parity(problem: Problem, plan: Plan, holdout: pl.DataFrame) -> Parity:
    """Evenly spaced hold-out rows against the online store."""
    rows = holdout.gather_every(max(1, holdout.height // PARITY_ROWS)).head(PARITY_ROWS).to_dicts()
    online = read_online(
        boto3.client("dynamodb"),
        problem,
        plan.online_prefix,
        rows,
        [row[EVENT_TIME] for row in rows],
    )
    return parity_of(rows, [found.features for found in online], problem.event_id)
