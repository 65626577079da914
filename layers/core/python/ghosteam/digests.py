"""What the jobs of a run left, by SHA-256, on record where no job can write.

Jobs of one kind share a role, for all problems, so that a job could write over what another run left. What is believed later is
therefore hashed by a function as soon as the job that left it is over, and compared by whoever reads it. The digests stand in the
run's document and, for jobs, in ``digests.json`` beside the run's plan: ``{<key in the artifact bucket>: <hexadecimal digits>}``.
A model's package is known by its manifest's digest, see :mod:`ghosteam.models.archive`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ghosteam import layout
from ghosteam.errors import Defect, NotFound
from ghosteam.runs import update_run

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable


def record(state: StateTable, artifacts: Objects, problem: str, run_id: str, found: Mapping[str, str]) -> dict[str, str]:
    """Put digests on record and return all of the run. Repeating it changes nothing.

    Raises:
        Defect: the run has no document, or a key has another digest on record: it was changed.
    """

    def change(run: dict[str, Any]) -> dict[str, Any]:
        known: dict[str, str] = run["digests"]
        for key in sorted(found.keys() & known.keys()):
            check(found[key], known[key], key)
        return {**run, "digests": {**known, **found}}

    all_of_run: dict[str, str] = update_run(state, problem, run_id, change)["digests"]
    artifacts.put_json(layout.digests(problem, run_id), all_of_run)
    return all_of_run


def recorded(state: StateTable, problem: str, run_id: str) -> dict[str, str]:
    """The digests on record for a run. Raises NotFound when there is no such run."""
    run = state.get(problem, layout.run_document(run_id))
    if run is None:
        raise NotFound(
            "There is no such run", where={"problem": problem, "run": run_id}, remedy="Name a run that 'ghosteam status' tells of"
        )
    found: dict[str, str] = run.data["digests"]
    return found


def digest_for(digests: Mapping[str, str], key: str) -> str:
    """The digest on record of an object of the artifact bucket.

    Raises:
        Defect: there is none, so that nothing says that the object is what a job of this run left.
    """
    if key not in digests:
        raise Defect("It has no digest on record", where={"key": key}, remedy="Retrain; only what is on record is used")
    return digests[key]


def evaluation_on_record(artifacts: Objects, problem: str, run_id: str, digests: Mapping[str, str]) -> Any:
    """The run's evaluation. Raises NotFound; Defect when it is not the one on record."""
    key = layout.evaluation(problem, run_id)
    return verified_json(artifacts, key, digest_for(digests, key))


def verified_json(artifacts: Objects, key: str, digest: str) -> Any:
    """The JSON document at ``key``. Raises NotFound; Defect when it is not the one on record."""
    body = artifacts.get(key)
    check(hashlib.sha256(body).hexdigest(), digest, key)
    return json.loads(body)


def check_file(path: Path, key: str, digest: str) -> None:
    """Raise Defect when a file is not the object ``key`` that is on record."""
    with path.open("rb") as file:
        check(hashlib.file_digest(file, "sha256").hexdigest(), digest, key)


def check(found: str, wanted: str, key: str) -> None:
    """Raise Defect when what was found at ``key`` has not the digest on record."""
    if found != wanted:
        raise Defect(
            "It was changed after it was put on record",
            where={"key": key, "sha256": found, "on record": wanted},
            remedy="Find out who wrote it (the bucket keeps its versions), and retrain",
        )
