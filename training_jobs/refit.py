"""Training job: fit the model that passed the gates again, on the hold-out's rows too.

Parameters, rounds and calibration are those that were judged; categories are learned anew.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from ghosteam.documents import keys
from ghosteam.documents.digests import check_file, digest_for
from ghosteam.learning.archive import ARCHIVE
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.package import load_archive, save_model
from ghosteam.learning.search import encode
from ghosteam.problem.load import find_problem
from ghosteam.runtime.problems import deployed_problems


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Reads the channels ``training``, ``candidate``, ``plan``, ``digests``, ``problem`` and the
    hyperparameter ``candidate``, the chosen package's key.

    Raises Defect when the rows or the package are not those on record.
    """
    settings = json.loads(
        (base / "input" / "config" / "hyperparameters.json").read_text(encoding="utf-8")
    )
    channels = base / "input" / "data"
    plan: dict[str, Any] = json.loads((channels / "plan" / "plan.json").read_text(encoding="utf-8"))
    problem = find_problem(deployed_problems(), plan["problem"])
    digests = json.loads((channels / "digests" / "digests.json").read_text(encoding="utf-8"))
    prefix = keys.training_set(plan["problem"], plan["run_id"])
    parts = []
    for name in ("train.parquet", "holdout.parquet"):
        path = channels / "training" / name
        check_file(path, f"{prefix}/{name}", digest_for(digests, f"{prefix}/{name}"))
        parts.append(pl.read_parquet(path))
    frame = pl.concat(parts)
    with tempfile.TemporaryDirectory() as scratch:
        judged = load_archive(
            channels / "candidate" / ARCHIVE,
            Path(scratch),
            digest=digest_for(digests, settings["candidate"]),
        ).manifest
    family = FAMILIES.find(judged.family)
    encoder = Encoder.learn(
        frame, features=judged.features, categorical=problem.categorical_features
    )
    model = family.refit(
        judged.params, encode(frame, encoder, problem), rounds=judged.rounds, seed=0
    )
    manifest = replace(
        judged,
        categories=encoder.categories,
        rows=frame.height,
        train_end=plan["holdout_end"],
        judged={"package": settings["candidate"], "train_end": judged.train_end},
    )
    save_model(base / "model", manifest, model)
    print(
        f"{family.name}: fitted {model.rounds} rounds on all {frame.height} rows up to "
        f"{plan['holdout_end']}; it was judged on the last {parts[1].height} of them",
        flush=True,
    )
