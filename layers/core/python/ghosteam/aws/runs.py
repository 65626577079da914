"""A run's documents: its record in the state table, which several steps change, and its plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ghosteam.documents import keys, state_keys
from ghosteam.documents.plan import Plan
from ghosteam.errors import Defect

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import StateTable
    from ghosteam.documents.run import Run


def runs_of(state: StateTable, problem: str) -> list[Run]:
    """All runs of a problem."""
    return [document.data for document in state.list(problem, state_keys.RUNS)]


def plan_of(artifacts: Objects, problem: str, run_id: str) -> Plan:
    """A run's plan. Raises NotFound when it has none."""
    return Plan.from_json(artifacts.get_json(keys.plan(problem, run_id)))


def update_run(state: StateTable, problem: str, run_id: str, change: Callable[[Run], Run]) -> Run:
    """Change a run's document and return the new one.

    ``change`` may be called again when another writer comes between. Raises Defect: the run has no
    document.
    """

    def changed(run: Run | None) -> Run:
        if run is None:
            raise Defect(
                "The run has no document",
                where={"problem": problem, "run": run_id},
                remedy="Start runs through the retraining state machine, "
                "whose first step writes it",
            )
        return change(run)

    return state.update(problem, state_keys.RUNS / run_id, changed)
