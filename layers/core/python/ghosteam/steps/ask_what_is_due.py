"""Use case: a batch is online; ask for the run that a problem's settings say is due."""

from __future__ import annotations

from datetime import datetime

from ghosteam.aws.bus import Bus
from ghosteam.aws.retraining_lease import lease_holder
from ghosteam.aws.runs import runs_of
from ghosteam.aws.state import StateTable
from ghosteam.problem.spec import Problem
from ghosteam.retraining.due import arrived, last_run, scheduled
from ghosteam.steps.data_at_hand import events_at_hand


def ask_what_is_due(problem: Problem, *, now: datetime, state: StateTable, bus: Bus) -> None:
    """Publish RetrainingScheduled or OutcomesArrived when one of them is due, there was a run
    before, and none is at work. It is asked for at each batch until a run has started.
    """
    name, retrain = problem.problem, problem.retrain
    if retrain.every is None and retrain.new_outcomes is None:
        return
    last = last_run(runs_of(state, name))
    if last is None or lease_holder(state, name, now=now) is not None:
        return
    due = scheduled(problem, last, now=now)
    if due is None and retrain.new_outcomes is not None:
        due = arrived(problem, last, events_at_hand(problem, state))
    if due is not None:
        bus.publish(due)
