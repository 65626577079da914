"""Training job: fit the model that passed the gates again, on the hold-out's rows too, and on those
whose outcome came only after it had begun.

Parameters, rounds and calibration are those that were judged; categories are learned anew.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from ghosteam.documents import keys
from ghosteam.documents.digests import digest_for
from ghosteam.learning.archive import ARCHIVE
from ghosteam.learning.package import load_archive, save_model
from ghosteam.learning.refit import fitted_again
from ghosteam.runtime.job_inputs import RunInputs, hyperparameters


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Reads the channels ``training``, ``candidate``, ``plan``, ``digests``, ``problem`` and the
    hyperparameter ``candidate``, the chosen package's key.

    Raises Defect when the rows or the package are not those on record.
    """
    settings = hyperparameters(base)
    inputs = RunInputs.below(base / "input" / "data")
    plan, problem = inputs.plan, inputs.problem
    names = ["train.parquet", *([keys.SINCE] if inputs.has(keys.SINCE) else []), "holdout.parquet"]
    parts = [pl.read_parquet(inputs.checked("training", name)) for name in names]
    frame = pl.concat(parts)
    with tempfile.TemporaryDirectory() as scratch:
        judged = load_archive(
            inputs.folder / "candidate" / ARCHIVE,
            Path(scratch),
            digest=digest_for(inputs.digests, settings["candidate"]),
        ).manifest
    end = plan.holdout_end.isoformat()
    manifest, model = fitted_again(judged, frame, problem, train_end=end)
    manifest = replace(
        manifest, judged={"package": settings["candidate"], "train_end": judged.train_end}
    )
    save_model(base / "model", manifest, model)
    up_to = f" up to {end}" if problem.timed else ""
    print(
        f"{judged.family}: fitted {model.rounds} rounds on all {frame.height} rows{up_to}; it was "
        f"judged on {parts[-1].height} of them",
        flush=True,
    )
