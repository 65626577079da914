"""That no file comes: what no batch can say."""

from __future__ import annotations

from datetime import datetime

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count, logger, measure

_HOUR = 3600


def tell_missing_files(problem: Problem, state: StateTable, *, now: datetime) -> None:
    """Publish for how long no file was let in, of each data set that says within which time one
    arrives, and that it misses this limit while it does. One that never had a file is not awaited.
    """
    for dataset, declared in problem.datasets.items():
        limit = declared.quality.arrives_within if declared.quality else None
        if limit is None:
            continue
        recent = state.find(problem.problem, state_keys.RECENT_BATCHES / dataset)
        if recent is None:
            continue
        silent = now - max(recent.landed.values())
        about = {"Problem": problem.problem, "Dataset": dataset}
        measure("HoursWithoutFile", silent.total_seconds() / _HOUR, **about)
        if silent > limit:
            told = {**about, "silent": str(silent), "at_most": str(limit)}
            logger.warning("No file came", extra={"told": told})
            count("QualityMissed", 1, **about)
