"""Processing job: candidates and champion on the same hold-out, gates, decision, reference
profile.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from ghosteam.documents import keys
from ghosteam.documents.digests import digest_for
from ghosteam.documents.trained_families import TrainedFamilies
from ghosteam.documents.training_set_summary import TrainingSetSummary
from ghosteam.learning.archive import ARCHIVE
from ghosteam.learning.contenders import Candidate, Champion
from ghosteam.learning.evaluate import evaluate
from ghosteam.learning.package import load_archive
from ghosteam.monitoring.model_reference import model_reference
from ghosteam.problem import definition
from ghosteam.problem.hashes import target_hash
from ghosteam.runtime.job_inputs import RunInputs
from ghosteam.undetermined import Undetermined


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Reads the inputs ``plan``, ``problem``, ``training_set``, ``candidates``, ``champion``,
    ``families`` and ``digests``.

    Writes the output ``evaluation``, and asks nobody: the job has no network. ``families`` tells
    why a family has no candidate, ``digests`` what the training set and the candidates are.
    """
    folder, output = base / "processing" / "input", base / "processing" / "output" / "evaluation"
    inputs = RunInputs.below(folder)
    plan, problem = inputs.plan, inputs.problem
    told_of = (folder / "families" / "families.json").read_text(encoding="utf-8")
    families = TrainedFamilies.from_json(json.loads(told_of))
    rows, holdout, told = (inputs.checked("training_set", name) for name in keys.TRAINING_SET_FILES)
    train = pl.read_parquet(rows)
    summary = TrainingSetSummary.from_json(json.loads(told.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as scratch:
        found = evaluate(
            _candidates(inputs, Path(scratch)),
            _champion(inputs, Path(scratch) / "champion"),
            pl.read_parquet(holdout),
            learned_from=train,
            problem=problem,
            run_id=plan.run_id,
            holdout_start=plan.holdout_start,
            parity=summary.parity,
            lost=families.lost,
            clock=time.perf_counter,
        )
    output.mkdir(parents=True, exist_ok=True)
    _write(output / "evaluation.json", found.document.to_json())
    reference = model_reference(
        problem,
        found.chosen.predictor,
        train,
        pl.read_parquet(holdout),
        outputs=found.outputs,
        importance=found.document.importance,
    )
    _write(output / "reference.json", reference.to_json())
    for candidate in found.document.candidates:
        print(f"{candidate.family}: {json.dumps(candidate.metrics)}", flush=True)
    print(f"{found.document.decision}: {'; '.join(found.document.reasons)}", flush=True)


def _candidates(inputs: RunInputs, scratch: Path) -> list[Candidate]:
    """Every package in the input ``candidates``, each as it is on record; its key follows from its
    path below the run's prefix of models.
    """
    folder, plan = inputs.folder / "candidates", inputs.plan
    prefix = keys.models(plan.problem, plan.run_id)
    found = []
    for number, path in enumerate(sorted(folder.rglob(ARCHIVE))):
        key = f"{prefix}/{path.relative_to(folder).as_posix()}"
        loaded = load_archive(path, scratch / str(number), digest=digest_for(inputs.digests, key))
        found.append(Candidate(loaded, f"s3://{plan.artifact_bucket}/{key}"))
    return found


def _champion(inputs: RunInputs, folder: Path) -> Champion | None:
    described = inputs.plan.champion
    archive = inputs.folder / "champion" / ARCHIVE
    if described is None:
        return None
    features = None
    if inputs.plan.champion_definition is not None:
        learned = definition.read(inputs.plan.champion_definition)
        if target_hash(learned) != target_hash(inputs.problem):
            reason = "the champion learned another outcome: target or event were changed"
            return Champion(described.version, Undetermined(reason))
        path = inputs.folder / "training_set" / keys.CHAMPION_FEATURES
        if path.is_file():
            features = pl.read_parquet(inputs.checked("training_set", keys.CHAMPION_FEATURES))
    if not archive.is_file():
        return Champion(
            described.version,
            Undetermined("the champion's package is gone: there is no such object"),
        )
    try:
        return Champion(
            described.version,
            load_archive(archive, folder, digest=digest_for(described.digests, "judged")),
            features,
            changed=inputs.plan.champion_definition is not None,
        )
    # Written by libraries of another time, it may fail in any way; that is the champion's, not the
    # run's.
    except Exception as error:
        reason = f"the champion's package cannot be loaded: {type(error).__name__}: {error}"
        return Champion(described.version, Undetermined(reason))


def _write(path: Path, document: Mapping[str, object]) -> None:
    text = json.dumps(document, separators=(",", ":"), sort_keys=True, allow_nan=False)
    path.write_text(text, encoding="utf-8")
