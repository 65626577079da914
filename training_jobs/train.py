"""Training job: search one family on the training set, leave the model folder, record the run in
MLflow.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ghosteam.aws.tracking import tracked_run
from ghosteam.documents.manifest import Manifest
from ghosteam.errors import Defect
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.package import save_model
from ghosteam.learning.progress import metric_line
from ghosteam.learning.search import search
from ghosteam.runtime.job_inputs import RunInputs, hyperparameters
from ghosteam.undetermined import Undetermined


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Reads the channels ``training``, ``plan``, ``digests``, ``problem`` and the hyperparameters.

    These are ``family``, ``trials`` and ``seconds``. Raises Defect when the training set is not the
    one on record.
    """
    started = time.monotonic()
    settings = hyperparameters(base)
    inputs = RunInputs.below(base / "input" / "data")
    plan, problem = inputs.plan, inputs.problem
    fingerprint = inputs.digest("train.parquet")
    frame = pl.read_parquet(inputs.checked("training", "train.parquet"))
    family = FAMILIES.find(settings["family"])
    tracking_uri = os.environ.get("MLFLOW_TRACKING_URI")
    if not tracking_uri:
        raise Defect(
            "MLFLOW_TRACKING_URI is not set",
            remedy="Name the MLflow tracking server in the job's environment",
        )
    tags = {
        "problem": plan.problem,
        "run_id": plan.run_id,
        "family": family.name,
        "data_fingerprint": fingerprint,
    }
    with tracked_run(
        tracking_uri, problem=plan.problem, name=f"{plan.run_id}-{family.name}", tags=tags
    ) as run:
        encoder = Encoder.learn(
            frame, features=problem.feature_names, categorical=problem.categorical_features
        )
        found = search(
            family,
            frame,
            encoder,
            problem=problem,
            trials=int(settings["trials"]),
            seconds=float(settings["seconds"]),
            clock=time.monotonic,
            progress=lambda line: print(line, flush=True),
        )
        validation = {
            name: None if isinstance(value, Undetermined) else value
            for name, value in found.validation.items()
        }
        seconds = time.monotonic() - started
        known = {
            f"validation_{name}": value for name, value in validation.items() if value is not None
        }
        run.log(
            params={
                **found.params,
                "rounds": found.model.rounds,
                "family": family.name,
                "rows": frame.height,
            },
            metrics={**known, "trials": found.trials, "pruned": found.pruned, "seconds": seconds},
        )
        run.end("FINISHED")
        manifest = Manifest(
            problem=plan.problem,
            run_id=plan.run_id,
            family=family.name,
            task=problem.task,
            classes=problem.target.classes,
            outputs=problem.outputs,
            calibration=found.calibration,
            features=encoder.features,
            categories=encoder.categories,
            params=found.params,
            rounds=found.model.rounds,
            validation=validation,
            train_start=plan.train_start.isoformat(),
            train_end=plan.holdout_start.isoformat(),
            rows=frame.height,
            held_out=None if problem.timed else problem.held_out_share,
            fingerprint=fingerprint,
            mlflow_run_id=run.run_id,
            tracking_error=run.trouble,
            example=frame.select(problem.logged_features).row(0, named=True),
        )
        save_model(base / "model", manifest, found.model)
    print(metric_line(family.name, validation, seconds=seconds), flush=True)
