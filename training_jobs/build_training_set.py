"""Processing job: the run's training set and hold-out, checked against what was served of their
events and against the online store.

Inputs ``plan`` (plan.json) and ``problem`` (made ready by the entry point). Output
``training_set``: ``train.parquet``, ``holdout.parquet``, ``summary.json``, and ``since.parquet``
where there are rows that only a model learns from that is fitted again. Also publishes the Feast
registry and the views' rows, for notebooks.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import boto3
import polars as pl

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.documents.parity import Parity
from ghosteam.documents.plan import Plan
from ghosteam.features.available import Availability
from ghosteam.features.feast_objects import file_store
from ghosteam.features.room import Room
from ghosteam.features.split import Spans, split
from ghosteam.features.training_set import (
    SourceFrames,
    champion_features,
    join_features,
    model_frame,
    read_sources,
    summary_of,
)
from ghosteam.problem import definition
from ghosteam.problem.spec import Problem
from ghosteam.runtime.job_inputs import problem_of, read_plan
from ghosteam.steps.measure_parity import newer_parts, served_parity, stored_parity
from ghosteam.steps.prediction_log import read_events


def main(base: Path, argv: Sequence[str]) -> None:
    """Build the set that ``<base>/processing/input/plan/plan.json`` describes. Takes no
    arguments.
    """
    with tempfile.TemporaryDirectory() as folder:
        _build(base, Path(folder))


def _build(base: Path, scratch: Path) -> None:
    plan = read_plan(base / "processing" / "input")
    output = base / "processing/output/training_set"
    problem = problem_of(plan)
    s3 = boto3.client("s3")
    lake, artifacts = Objects(s3, plan.lake_bucket), Objects(s3, plan.artifact_bucket)

    def read(key: str) -> pl.DataFrame:
        return pl.read_parquet(BytesIO(lake.get(key)))

    available, room = _availability(problem, plan, lake), Room(scratch)
    sources = read_sources(problem, plan.parts, read, available, room)
    sets = split(sources.events, Spans.of(plan), problem=problem)
    everything = pl.concat([sets.train, sets.since, sets.holdout])
    joined = join_features(everything, problem, sources.views)
    registry = _publish(problem, plan, sources, artifacts, scratch)
    train, holdout = joined.head(sets.train.height), joined.tail(sets.holdout.height)
    since = joined.slice(train.height, sets.since.height)
    known = holdout
    if available is not None:
        # The online store holds what is known by now.
        of_plan = read_sources(problem, plan.parts, read, room=room)
        known = join_features(sets.holdout, problem, of_plan.views)
    parity = _parity(problem, plan, joined, known, lake, artifacts)

    output.mkdir(parents=True, exist_ok=True)
    frames = {"train": model_frame(train, problem), "holdout": model_frame(holdout, problem)}
    for name, frame in frames.items():
        frame.write_parquet(output / f"{name}.parquet")
    if since.height:
        model_frame(since, problem).write_parquet(output / keys.SINCE)
    _write_champion(problem, plan, holdout, lake, room, output / keys.CHAMPION_FEATURES)
    found = summary_of(**frames, problem=problem)
    summary = replace(found, parity=parity, feast={"registry": registry}).to_json()
    (output / "summary.json").write_text(
        json.dumps(summary, allow_nan=False, default=str, indent=1), encoding="utf-8"
    )
    print(
        json.dumps(
            {name: summary[name] for name in ("rows", "outcomes")}
            | {"served_rows": parity.served_rows}
        )
    )


def _availability(problem: Problem, plan: Plan, lake: Objects) -> Availability | None:
    """What could be read online when, where the problem is trained by that. Rows whose place others
    took may be gone by now; they are then seen no more.
    """
    if problem.features.clock == "known_at":
        return None
    count = {
        key for parts in (plan.parts, plan.champion_parts) for of in parts.values() for key in of
    }
    history = {
        dataset: [key for key in of if key in count or lake.has(key)]
        for dataset, of in plan.history.items()
    }
    return Availability(plan.available_at, history)


def _write_champion(
    problem: Problem, plan: Plan, holdout: pl.DataFrame, lake: Objects, room: Room, path: Path
) -> None:
    """What the champion is asked on the hold-out, where it learned by another definition."""
    if plan.champion_definition is None:
        return
    champion = definition.read(plan.champion_definition)
    if not all(plan.champion_parts.values()):
        return
    sources = read_sources(
        champion,
        plan.champion_parts,
        lambda key: pl.read_parquet(BytesIO(lake.get(key))),
        _availability(champion, plan, lake),
        room,
    )
    features = champion_features(holdout, problem, champion, sources)
    if features is not None:
        features.write_parquet(path)


def _publish(
    problem: Problem, plan: Plan, sources: SourceFrames, artifacts: Objects, scratch: Path
) -> str:
    """Upload the views' rows and a registry that points to them; returns the registry's URI."""
    folder, place = keys.feast_sources(problem.problem), keys.feast_registry(problem.problem)
    for name, rows in sources.views.items():
        path = scratch / f"{name}.parquet"
        rows.sink_parquet(path)
        with path.open("rb") as body:
            artifacts.put(keys.rows_of_view(folder, name), body)
        path.unlink()
    registry = scratch / "published.db"
    file_store(
        problem,
        online_prefix=plan.online_prefix,
        registry=registry,
        folder=artifacts.uri(folder),
    )
    artifacts.put(place, registry.read_bytes())
    return artifacts.uri(place)


def _parity(
    problem: Problem,
    plan: Plan,
    joined: pl.DataFrame,
    known: pl.DataFrame,
    lake: Objects,
    artifacts: Objects,
) -> Parity:
    """What was served for the set's events against the set, and what stands online against what is
    ``known`` of the hold-out's.
    """

    def read(key: str) -> pl.DataFrame:
        return pl.read_parquet(BytesIO(lake.get(key)))

    log = read_events(
        lake,
        problem=problem,
        begin=plan.train_start,
        end=plan.holdout_end + timedelta(microseconds=1),
        parts=("event", "features", "freshness_seconds"),
    )
    served = served_parity(log, joined, problem, plan, read)
    planned_at = artifacts.modified(keys.plan(problem.problem, plan.run_id))
    newer = newer_parts(lake, problem, plan, planned_at=planned_at, read=read)
    stored = stored_parity(boto3.client("dynamodb"), known, problem, plan, newer=newer)
    return replace(
        stored,
        served=served.served,
        served_rows=served.served_rows,
        examples=(*served.examples, *stored.examples),
    )
