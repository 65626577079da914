"""A small learning problem and rows that can be learned: late trains, by line and by wind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl

from ghosteam.documents import keys
from ghosteam.documents.manifest import Manifest
from ghosteam.features.last_known import with_last_known
from ghosteam.learning.archive import ARCHIVE, digest_of_archive
from ghosteam.learning.contenders import Candidate
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.evaluate import Evaluated
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.package import Predictor
from ghosteam.learning.search import encode
from ghosteam.metrics.metric import Floats
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from tests import documents

START = datetime(2024, 1, 1, tzinfo=UTC)
PROBLEM_YAML = """
version: 1
problem: trains
task: binary
entities: {train: [number]}
event_time: leaves
target: {name: late, expr: delay > 5, known_at: event_time + 1h}
datasets:
  trips:
    role: events
    columns:
      {number: integer, leaves: timestamp, line: string, wind: "number?", delay: "number?"}
exclude: [delay]
features: {request: [line, wind]}
model: {families: [lightgbm], trials: 2, minutes: 1}
promote: {metric: roc_auc, at_least: 0.6, slices: [line]}
watch: {window: 1d}
"""


def problem(**promote: object) -> Problem:
    """The problem, with fields of ``promote`` replaced."""
    found = parse_problem(PROBLEM_YAML)
    return found.model_copy(update={"promote": found.promote.model_copy(update=promote)})


def rows(
    count: int, *, seed: int = 0, start: datetime = START, signal: float = 2.0
) -> pl.DataFrame:
    """A training-set frame, one row a minute; ``signal`` is how much line and wind say about the
    target.
    """
    draw = np.random.default_rng(seed)
    line = draw.choice(["red", "green", "blue"], count)
    wind = draw.normal(size=count)
    logit = signal * (wind + (line == "red") - 0.5)
    target = (draw.random(count) < 1 / (1 + np.exp(-logit))).astype(int)
    times = [start + timedelta(minutes=i) for i in range(count)]
    frame = pl.DataFrame(
        {
            "number": np.arange(count),
            "event_time": times,
            "known_at": [moment + timedelta(hours=1) for moment in times],
            "target": target,
            "line": line,
            "wind": pl.Series(np.where(draw.random(count) < 0.05, np.nan, wind)).fill_nan(None),
        },
        schema_overrides={
            "event_time": pl.Datetime("us", "UTC"),
            "known_at": pl.Datetime("us", "UTC"),
            "target": pl.Float64,
        },
    )
    return with_last_known(frame, ("number",))


def manifest(encoder: Encoder, **fields: object) -> Manifest:
    """A manifest of a LightGBM model that learned from 2024-01-01 to 2024-01-03, with ``fields``
    replaced.
    """
    known: Mapping[str, object] = {
        "problem": "trains",
        "run_id": "run-1",
        "family": "lightgbm",
        "task": "binary",
        "classes": (),
        "outputs": ("late",),
        "calibration": {"temperature": 1.0},
        "features": encoder.features,
        "categories": encoder.categories,
        "params": {},
        "rounds": 20,
        "validation": {"roc_auc": 0.8},
        "train_start": START.isoformat(),
        "train_end": (START + timedelta(days=2)).isoformat(),
        "rows": 1000,
        "fingerprint": "f",
        "mlflow_run_id": "m",
        **fields,
    }
    return Manifest(**known)  # type: ignore[arg-type]


def encoder_for(frame: pl.DataFrame) -> Encoder:
    """The encoder of the problem's two features."""
    return Encoder.learn(frame, features=("line", "wind"), categorical=("line",))


def predictor(
    frame: pl.DataFrame, *, family: str = "lightgbm", rounds: int = 20, **fields: object
) -> Predictor:
    """A model of ``rounds`` rounds that learned from ``frame``."""
    encoder = encoder_for(frame)
    kind = FAMILIES.find(family)
    model = kind.refit(kind.default, encode(frame, encoder, problem(), {}), rounds=rounds, seed=0)
    return Predictor(manifest(encoder, family=family, rounds=rounds, **fields), model)


def evaluated(outputs: Floats) -> Evaluated:
    """What was found of a candidate that gave ``outputs`` on the hold-out, and gives 0 else."""
    chosen = Candidate(NothingKnown(), "s3://models/m")  # type: ignore[arg-type]
    document = documents.evaluation("run-1", importance={"wind": 0.1, "line": None})
    return Evaluated(document, chosen, outputs)


class NothingKnown:
    """Predicts 0."""

    def predict_frame(self, frame: pl.DataFrame) -> Floats:
        return np.zeros((frame.height, 1))


def write_digests(inputs: Path, *, run_id: str = "run-1", problem: str = "trains") -> None:
    """``digests/digests.json`` beside the inputs of a job: its training set and its candidates are
    on record.
    """
    run = keys.run_prefix(problem, run_id)
    below = {
        "training": f"{run}/training_set",
        "training_set": f"{run}/training_set",
        "candidates": f"{run}/models",
    }
    found = {}
    for channel, prefix in below.items():
        for path in (path for path in (inputs / channel).rglob("*") if path.is_file()):
            body = path.read_bytes()
            is_model = path.name == ARCHIVE
            digest = (
                digest_of_archive(BytesIO(body), name="model")
                if is_model
                else hashlib.sha256(body).hexdigest()
            )
            found[f"{prefix}/{path.relative_to(inputs / channel).as_posix()}"] = digest
    (inputs / "digests").mkdir(exist_ok=True)
    (inputs / "digests" / "digests.json").write_text(json.dumps(found))
