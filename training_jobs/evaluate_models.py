"""Processing job: candidates and champion on the same hold-out, gates, decision, reference
profile.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from ghosteam.documents import keys
from ghosteam.documents.digests import check_file, digest_for
from ghosteam.learning.archive import ARCHIVE
from ghosteam.learning.contenders import Candidate, Champion
from ghosteam.learning.evaluate import Evaluation, evaluate
from ghosteam.learning.gates import Parity
from ghosteam.learning.package import load_archive
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.runtime.problems import deployed_problems
from ghosteam.undetermined import Undetermined


def main(base: Path, _arguments: Sequence[str]) -> None:
    """Reads the inputs ``plan``, ``problem``, ``training_set``, ``candidates``, ``champion``,
    ``families`` and ``digests``.

    Writes the output ``evaluation``, and asks nobody: the job has no network. ``families`` tells
    why a family has no candidate, ``digests`` what the training set and the candidates are.
    """
    inputs, output = base / "processing" / "input", base / "processing" / "output" / "evaluation"
    plan: dict[str, Any] = json.loads((inputs / "plan" / "plan.json").read_text(encoding="utf-8"))
    problem = find_problem(deployed_problems(), plan["problem"])
    families = json.loads((inputs / "families" / "families.json").read_text(encoding="utf-8"))
    digests: dict[str, str] = json.loads(
        (inputs / "digests" / "digests.json").read_text(encoding="utf-8")
    )
    _check_set(inputs / "training_set", keys.training_set(plan["problem"], plan["run_id"]), digests)
    summary = json.loads((inputs / "training_set" / "summary.json").read_text(encoding="utf-8"))
    train = pl.read_parquet(inputs / "training_set" / "train.parquet")
    with tempfile.TemporaryDirectory() as scratch:
        found = evaluate(
            _candidates(inputs / "candidates", plan, digests, Path(scratch)),
            _champion(plan["champion"], inputs / "champion" / ARCHIVE, Path(scratch) / "champion"),
            pl.read_parquet(inputs / "training_set" / "holdout.parquet"),
            learned_from=train,
            problem=problem,
            run_id=plan["run_id"],
            holdout_start=datetime.fromisoformat(plan["holdout_start"]),
            parity=Parity(summary["parity"]["checked"], summary["parity"]["mismatches"]),
            lost=families["lost"],
            clock=time.perf_counter,
        )
    output.mkdir(parents=True, exist_ok=True)
    _write(output / "evaluation.json", found.document)
    _write(output / "reference.json", _reference(found, train, problem))
    for candidate in found.document["candidates"]:
        print(f"{candidate['family']}: {json.dumps(candidate['metrics'])}", flush=True)
    print(f"{found.document['decision']}: {'; '.join(found.document['reasons'])}", flush=True)


def _check_set(folder: Path, prefix: str, digests: Mapping[str, str]) -> None:
    for name in keys.TRAINING_SET_FILES:
        check_file(folder / name, f"{prefix}/{name}", digest_for(digests, f"{prefix}/{name}"))


def _candidates(
    folder: Path, plan: dict[str, Any], digests: Mapping[str, str], scratch: Path
) -> list[Candidate]:
    """Every package below ``folder``, each as it is on record; its key follows from its path below
    the run's prefix of models.
    """
    prefix = keys.models(plan["problem"], plan["run_id"])
    found = []
    for number, path in enumerate(sorted(folder.rglob(ARCHIVE))):
        key = f"{prefix}/{path.relative_to(folder).as_posix()}"
        loaded = load_archive(path, scratch / str(number), digest=digest_for(digests, key))
        found.append(Candidate(loaded, f"s3://{plan['artifact_bucket']}/{key}"))
    return found


def _champion(described: dict[str, Any] | None, archive: Path, folder: Path) -> Champion | None:
    if described is None:
        return None
    if not archive.is_file():
        return Champion(
            described["version"],
            Undetermined("the champion's package is gone: there is no such object"),
        )
    try:
        return Champion(
            described["version"],
            load_archive(archive, folder, digest=described["digests"]["judged"]),
        )
    # Written by libraries of another time, it may fail in any way; that is the champion's, not the
    # run's.
    except Exception as error:
        reason = f"the champion's package cannot be loaded: {type(error).__name__}: {error}"
        return Champion(described["version"], Undetermined(reason))


def _reference(found: Evaluation, train: pl.DataFrame, problem: Problem) -> dict[str, Any]:
    categorical = [name for name in problem.text_features if name in problem.logged_features]
    return build_reference(
        train,
        numeric=[name for name in problem.logged_features if name not in categorical],
        categorical=categorical,
        event_time=EVENT_TIME,
        window=problem.watch.window,
        outputs=dict(zip(problem.outputs, found.outputs.T, strict=True)),
    )


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(
        json.dumps(document, indent=1, sort_keys=True, allow_nan=False), encoding="utf-8"
    )
