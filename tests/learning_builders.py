"""A small learning problem and rows that can be learned: late trains, by line and by wind. For the
other tasks: how late a train is, and which of three kinds.
"""

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
from ghosteam.documents.digests import Digests
from ghosteam.documents.manifest import Manifest
from ghosteam.features.last_known import with_last_known
from ghosteam.learning.archive import ARCHIVE, digest_of_archive
from ghosteam.learning.contenders import Candidate
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.evaluate import Evaluated
from ghosteam.learning.families.family import FAMILIES, FittedModel
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
OF_TASK = {
    "binary": ("delay > 5", "roc_auc", "at_least: 0.6"),
    "multiclass": (
        "CASE WHEN delay > 5 THEN 'late' WHEN delay < 0 THEN 'early' ELSE 'punctual' END, "
        "classes: [early, punctual, late]",
        "log_loss",
        "at_most: 1.0",
    ),
    "regression": ("delay", "rmse", "at_most: 2.5"),
}
"""What of the problem is another's with another task."""


def yaml_of(task: str) -> str:
    """The text of the problem with that task."""
    text = PROBLEM_YAML.replace("task: binary", f"task: {task}")
    for binary, other in zip(OF_TASK["binary"], OF_TASK[task], strict=True):
        text = text.replace(binary, other)
    return text


def problem(*, task: str = "binary", **promote: object) -> Problem:
    """The problem, with fields of ``promote`` replaced."""
    found = parse_problem(yaml_of(task))
    return found.model_copy(update={"promote": found.promote.model_copy(update=promote)})


def rows(
    count: int,
    *,
    seed: int = 0,
    start: datetime = START,
    signal: float = 2.0,
    task: str = "binary",
) -> pl.DataFrame:
    """A training-set frame, one row a minute; ``signal`` is how much line and wind say about the
    target.
    """
    draw = np.random.default_rng(seed)
    line = draw.choice(["red", "green", "blue"], count)
    wind = draw.normal(size=count)
    logit = signal * (wind + (line == "red") - 0.5)
    chance = draw.random(count)
    late = logit + np.log(1 / chance - 1)
    target = {
        "binary": late > 0,
        "multiclass": np.digitize(late, [-1.5, 1.5]),
        "regression": late,
    }[task].astype(float)
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
    frame: pl.DataFrame,
    *,
    task: str = "binary",
    family: str = "lightgbm",
    rounds: int = 20,
    **fields: object,
) -> Predictor:
    """A model of ``rounds`` rounds that learned from ``frame``."""
    return Predictor(*fitted(frame, task=task, family=family, rounds=rounds, **fields))


def fitted(
    frame: pl.DataFrame,
    *,
    task: str = "binary",
    family: str = "lightgbm",
    rounds: int = 20,
    **fields: object,
) -> tuple[Manifest, FittedModel]:
    """What a package of such a model holds."""
    encoder, kind, learned = encoder_for(frame), FAMILIES.find(family), problem(task=task)
    calibration = learned.kind.plain(frame["target"].to_numpy())
    known = encode(frame, encoder, learned, calibration)
    said = {
        "task": task,
        "classes": learned.target.classes,
        "outputs": learned.outputs,
        "calibration": calibration,
        **fields,
    }
    model = kind.refit(kind.default, known, rounds=rounds, seed=0)
    return manifest(encoder, family=family, rounds=rounds, **said), model


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
    (inputs / "digests" / "digests.json").write_text(json.dumps(Digests(found).to_json()))
