"""Use case: the first step of the retraining state machine takes the lease and writes the run's
plan.
"""

from __future__ import annotations

from datetime import datetime

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.champion import champion_of
from ghosteam.aws.objects import Objects
from ghosteam.aws.retraining_lease import acquire_lease
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys, state_keys
from ghosteam.documents.event import Event
from ghosteam.documents.keys import parse_uri
from ghosteam.documents.plan import Plan
from ghosteam.documents.requests import ExecutedRun
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from ghosteam.errors import GhosteamError, InvalidInput
from ghosteam.problem.definition import digest_of
from ghosteam.problem.spec import Problem
from ghosteam.retraining.plan import make_plan
from ghosteam.retraining.readiness import Waiting
from ghosteam.retraining.runs import new_run
from ghosteam.runtime.observability import logger
from ghosteam.steps.covered_days import days_of
from ghosteam.steps.data_at_hand import (
    batches_online,
    outcomes_of,
    readiness_of,
    with_replaced,
)
from ghosteam.steps.definitions import Definitions

LONGEST_JOB_NAME = 63
_AFTER_PREFIX = "-lightgbm-99"
"""Kind or family of a job, its try and its retry."""


def start_run(
    problem: Problem,
    request: ExecutedRun,
    *,
    now: datetime,
    state: StateTable,
    artifacts: Objects,
    bus: Bus,
    lake_bucket: str,
    online_prefix: str,
    name_prefix: str,
) -> dict[str, object]:
    """``request`` is the execution's input with ``execution``, its ARN; ``name_prefix`` what the
    names of this deployment's jobs begin with. Repeating it for the same execution changes nothing.

    Returns what the state machine needs to name and feed its jobs. ``champion_uri`` is the
    champion's package as it was judged, or, since an input cannot be left out, the plan when there
    is no champion or its package is gone.

    Raises:
        Busy: another run is at work.
        InvalidInput: the data do not cover a run as of ``as_of``.
    """
    name, run_id, execution = problem.problem, str(request["run_id"]), str(request["execution"])
    acquire_lease(state, name, run_id=run_id, execution=execution, now=now)
    run = new_run(request, now=now)
    state.update(name, state_keys.RUNS / run_id, lambda current: current or run)
    key = keys.plan(name, run_id)
    plan_uri = artifacts.uri(key)
    # A plan that exists stands: a batch that landed since must not change what a repeated step
    # reads.
    known = artifacts.find_json(key)
    if known is None:
        plan = _plan(problem, run, state, artifacts, lake_bucket, online_prefix)
        _keep_definition(artifacts, plan)
        artifacts.put_json(key, plan.to_json())
    else:
        plan = Plan.from_json(known)
    reason = {"reason_trigger": run.reason.trigger, "reason_detail": run.reason.detail}
    bus.publish(
        Event("RetrainingStarted", name, {"run_id": run_id, "as_of": request["as_of"], **reason})
    )
    seconds = round(problem.model.minutes * 60)
    return {
        "problem": name,
        "run_id": run_id,
        "job_prefix": job_prefix(name, run_id, name_prefix=name_prefix),
        "plan_uri": plan_uri,
        "champion_uri": _champion_uri(artifacts, plan.champion) or plan_uri,
        "training_set_uri": artifacts.uri(keys.training_set(name, run_id)),
        "models_uri": artifacts.uri(keys.models(name, run_id)),
        "refitted_uri": artifacts.uri(keys.refitted(name, run_id)),
        "digests_uri": artifacts.uri(keys.digests(name, run_id)),
        "families_uri": artifacts.uri(keys.families(name, run_id)),
        "evaluation_uri": artifacts.uri(keys.evaluation(name, run_id).rpartition("/")[0]),
        "families": [
            {"family": family, "trials": str(problem.model.trials), "seconds": str(seconds)}
            for family in problem.model.families
        ],
    }


def _keep_definition(artifacts: Objects, plan: Plan) -> None:
    """Where those find it who ask the run's model."""
    if plan.definition is not None:
        key = keys.definition(plan.problem, digest_of(plan.definition))
        artifacts.put_json(key, plan.definition)


def _learned(champion: Slot | None, problem: Problem, artifacts: Objects) -> Problem | None:
    """The problem as the champion learned it; None where that is not kept."""
    try:
        return Definitions(artifacts).of(champion, problem) if champion else None
    except GhosteamError as error:
        logger.warning("the champion's definition", extra={"fault": error.as_record()})
        return None


def _champion_uri(artifacts: Objects, champion: Slot | None) -> str | None:
    if champion is None:
        return None
    return champion.judged_uri if artifacts.has(parse_uri(champion.judged_uri)[1]) else None


def job_prefix(problem: str, run_id: str, *, name_prefix: str) -> str:
    """What the names of a run's jobs have between ``name_prefix`` and the kind of job, in
    characters that SageMaker allows and no more than its names have room for. The run id makes it
    unique, so the problem's name gives way.
    """
    room = LONGEST_JOB_NAME - len(f"{name_prefix}-") - len(_AFTER_PREFIX) - len(f"-{run_id}")
    told = problem.replace("_", "-")[: max(room, 0)].rstrip("-")
    return f"{told}-{run_id}" if told else run_id


def _plan(
    problem: Problem,
    run: Run,
    state: StateTable,
    artifacts: Objects,
    lake_bucket: str,
    online_prefix: str,
) -> Plan:
    online = batches_online(problem, state)
    ledger = BatchLedger(state)
    covered = {dataset: days_of(found, ledger) for dataset, found in online.batches.items()}
    ready = readiness_of(problem, covered, outcomes_of(problem, state), as_of=run.as_of)
    if isinstance(ready, Waiting):
        raise InvalidInput(
            "; ".join(ready.reasons),
            where={"problem": problem.problem, "run": run.run_id},
            remedy="Drop the missing data, or ask for less of it in retrain and holdout",
        )
    champion = champion_of(state, problem.problem)
    learned = _learned(champion, problem, artifacts)
    batches = dict(online.batches)
    if learned:
        # The champion is asked on the hold-out too, by features that may come from elsewhere.
        for dataset in learned.used_datasets:
            batches.setdefault(dataset, ledger.active(problem.problem, dataset))
    before = with_replaced(problem.problem, batches, state)
    return make_plan(
        problem,
        run=run,
        ready=ready,
        batches=batches,
        available_at=before.available_at,
        history=before.batches,
        champion=champion,
        learned=learned,
        lake_bucket=lake_bucket,
        artifact_bucket=artifacts.bucket,
        online_prefix=online_prefix,
    )
