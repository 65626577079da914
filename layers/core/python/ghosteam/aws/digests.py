"""The evidence of a run by SHA-256, put on record by functions; what is compared:
:mod:`ghosteam.documents.digests`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ghosteam.aws.runs import update_run
from ghosteam.documents import keys, state_keys
from ghosteam.documents.digests import Digests, check, digest_for
from ghosteam.documents.evaluation import Evaluation
from ghosteam.errors import NotFound

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.run import Run


def record(
    state: StateTable, artifacts: Objects, problem: str, run_id: str, found: Mapping[str, str]
) -> dict[str, str]:
    """Put digests on record and return all of the run. Repeating it changes nothing.

    Raises:
        Defect: the run has no document, or a key has another digest on record: it was changed.
    """

    def change(run: Run) -> Run:
        for key in sorted(found.keys() & run.digests.keys()):
            check(found[key], run.digests[key], key)
        return replace(run, digests={**run.digests, **found})

    all_of_run = dict(update_run(state, problem, run_id, change).digests)
    artifacts.put_json(keys.digests(problem, run_id), Digests(all_of_run).to_json())
    return all_of_run


def recorded(state: StateTable, problem: str, run_id: str) -> dict[str, str]:
    """The digests on record for a run. Raises NotFound when there is no such run."""
    run = state.find(problem, state_keys.RUNS / run_id)
    if run is None:
        raise NotFound(
            "There is no such run",
            where={"problem": problem, "run": run_id},
            remedy="Name a run that 'ghosteam status' tells of",
        )
    return dict(run.digests)


def evaluation_on_record(
    artifacts: Objects, problem: str, run_id: str, digests: Mapping[str, str]
) -> Evaluation:
    """The run's evaluation. Raises NotFound; Defect when it is not the one on record."""
    key = keys.evaluation(problem, run_id)
    return Evaluation.from_json(verified_json(artifacts, key, digest_for(digests, key)))


def verified_json(artifacts: Objects, key: str, digest: str) -> Any:
    """The JSON document at ``key``. Raises NotFound; Defect when it is not the one on record."""
    body = artifacts.get(key)
    check(hashlib.sha256(body).hexdigest(), digest, key)
    return json.loads(body)
