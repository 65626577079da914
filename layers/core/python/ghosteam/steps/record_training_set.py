"""Use case: the job that built a run's training set is over; what it left is put on record before
anything learns from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.aws.digests import record
from ghosteam.documents import keys

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable


def record_training_set(
    problem: str, run_id: str, *, artifacts: Objects, state: StateTable
) -> dict[str, str]:
    """All digests of the run by key, the training set's files among them. Repeating it changes
    nothing.

    Raises:
        NotFound: the job left less than a training set.
        Defect: a file is not the one that was put on record before.
    """
    folder = keys.training_set(problem, run_id)
    files = [f"{folder}/{name}" for name in keys.TRAINING_SET_FILES]
    others = (f"{folder}/{name}" for name in (keys.SINCE, keys.CHAMPION_FEATURES))
    files += [key for key in others if artifacts.has(key)]
    return record(state, artifacts, problem, run_id, {key: artifacts.digest(key) for key in files})
