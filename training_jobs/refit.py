"""Training job: fit the model that passed the gates again, on the hold-out's rows too.

Parameters, rounds and calibration are those that were judged; categories are learned anew.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from ghosteam.documents.digests import digest_for
from ghosteam.learning.archive import ARCHIVE
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.package import load_archive, save_model
from ghosteam.learning.search import encode
from ghosteam.runtime.job_inputs import RunInputs, hyperparameters


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Reads the channels ``training``, ``candidate``, ``plan``, ``digests``, ``problem`` and the
    hyperparameter ``candidate``, the chosen package's key.

    Raises Defect when the rows or the package are not those on record.
    """
    settings = hyperparameters(base)
    inputs = RunInputs.below(base / "input" / "data")
    plan, problem = inputs.plan, inputs.problem
    parts = [
        pl.read_parquet(inputs.checked("training", name))
        for name in ("train.parquet", "holdout.parquet")
    ]
    frame = pl.concat(parts)
    with tempfile.TemporaryDirectory() as scratch:
        judged = load_archive(
            inputs.folder / "candidate" / ARCHIVE,
            Path(scratch),
            digest=digest_for(inputs.digests, settings["candidate"]),
        ).manifest
    family = FAMILIES.find(judged.family)
    encoder = Encoder.learn(
        frame, features=judged.features, categorical=problem.categorical_features
    )
    model = family.refit(
        judged.params,
        encode(frame, encoder, problem, judged.calibration),
        rounds=judged.rounds,
        seed=0,
    )
    manifest = replace(
        judged,
        categories=encoder.categories,
        rows=frame.height,
        held_out=None if judged.held_out is None else 0.0,
        train_end=plan.holdout_end.isoformat(),
        judged={"package": settings["candidate"], "train_end": judged.train_end},
    )
    save_model(base / "model", manifest, model)
    up_to = f" up to {plan.holdout_end.isoformat()}" if problem.timed else ""
    print(
        f"{family.name}: fitted {model.rounds} rounds on all {frame.height} rows{up_to}; it was "
        f"judged on {parts[1].height} of them",
        flush=True,
    )
