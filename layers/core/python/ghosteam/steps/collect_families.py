"""Use case: the training jobs of a run are over; what became of each family is put on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ghosteam.aws.digests import record
from ghosteam.aws.objects import Objects
from ghosteam.aws.runs import update_run
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys
from ghosteam.documents.trained_families import TrainedFamilies
from ghosteam.errors import Defect, Transient
from ghosteam.retraining.failures import may_pass, reason_of, words_of_job
from ghosteam.runtime.calls import Failure, FamilyResult
from ghosteam.steps.packages import digests_of_packages

_TOLD = 400
"""Characters of each family's reason in the run's own: all of them must be named in it."""


def collect_families(
    problem: str,
    run_id: str,
    results: Sequence[FamilyResult],
    *,
    artifacts: Objects,
    state: StateTable,
) -> TrainedFamilies:
    """``results``: for each family ``{"family", "failure"}``, the failure being Step Functions'
    ``{"Error", "Cause"}`` of a training job that was lost, or null.

    Returns and stores them for the evaluation; what was lost stands in the run's document too. The
    digests of the models are put on record.

    Raises:
        Transient: no family was trained, and for each a later attempt may go better.
        Defect: no family was trained.
    """
    failures = {one["family"]: failure for one in results if (failure := one.get("failure"))}
    lost = {family: _why(failure) for family, failure in failures.items()}
    lost = dict(sorted(lost.items()))
    trained = sorted(one["family"] for one in results if one["family"] not in lost)
    found = TrainedFamilies(tuple(trained), lost)
    artifacts.put_json(keys.families(problem, run_id), found.to_json())

    update_run(state, problem, run_id, lambda run: replace(run, lost=lost))
    record(
        state,
        artifacts,
        problem,
        run_id,
        digests_of_packages(artifacts, keys.models(problem, run_id)),
    )
    if not trained:
        passing = all(may_pass(f.get("Error"), f.get("Cause")) for f in failures.values())
        error = Transient if passing else Defect
        told = "; ".join(f"{family}: {why[:_TOLD]}" for family, why in lost.items())
        raise error(
            f"No family could be trained. {told}",
            where={"problem": problem, "run": run_id},
            remedy="The training jobs' logs have the rest",
        )
    return found


def _why(failure: Failure) -> str:
    error, cause = failure.get("Error"), failure.get("Cause")
    return words_of_job(cause) or reason_of(error, cause)
