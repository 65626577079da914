"""What deciding about a retraining looks at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ghosteam.aws.champion import champion_of
from ghosteam.aws.retraining_lease import lease_holder
from ghosteam.aws.state import StateTable
from ghosteam.documents.run import Run
from ghosteam.problem.definition import digest_of, written
from ghosteam.problem.spec import Problem
from ghosteam.retraining.cost import estimated_usd
from ghosteam.retraining.policy import Situation
from ghosteam.retraining.readiness import Ready, Waiting
from ghosteam.retraining.triggers.trigger import Trigger
from ghosteam.steps.data_at_hand import made_anew


def situation_of(
    problem: Problem,
    state: StateTable,
    readiness: Ready | Waiting,
    runs: Sequence[Run],
    *,
    trigger: Trigger,
    run_id: str,
    attempts: int,
    now: datetime,
) -> Situation:
    """What the policy looks at before the run ``run_id``; ``runs``: all there have been;
    ``attempts``: how often a run was tried for this occasion.
    """
    holder = lease_holder(state, problem.problem, now=now)
    serving = champion_of(state, problem.problem)
    # All batches are asked about, which is too much for each file: the first model only waits for
    # what arrives.
    anew = () if trigger.first_model_only else sorted(made_anew(problem, state, now=now))
    by_this_definition = serving is not None and serving.definition == digest_of(written(problem))
    one_waits = any(run.status == "registered" for run in runs)
    return Situation(
        readiness=readiness,
        runs=runs,
        # A lease in this run's own name: its decision was lost after it had been taken.
        holder=None if holder == run_id else holder,
        champion_train_end=serving.train_end if serving else None,
        run_usd=estimated_usd(problem.model),
        attempts=attempts,
        made_anew=anew,
        learned=by_this_definition and not one_waits,
    )
