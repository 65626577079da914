"""A run's document in the state table, which several steps change. Its fields:
``retraining.documents.new_run``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ghosteam.documents import state_keys
from ghosteam.errors import Defect

if TYPE_CHECKING:
    from ghosteam.aws.state import StateTable


def update_run(
    state: StateTable,
    problem: str,
    run_id: str,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    *,
    missing_ok: bool = False,
) -> dict[str, Any]:
    """Change a run's document and return the new one; with ``missing_ok`` nothing, and ``{}``,
    where there is none.

    ``change`` may be called again when another writer comes between. Raises Defect: the run has no
    document.
    """
    key = state_keys.run(run_id)
    if missing_ok and state.get(problem, key) is None:
        return {}

    def changed(run: dict[str, Any] | None) -> dict[str, Any]:
        if run is None:
            raise Defect(
                "The run has no document",
                where={"problem": problem, "run": run_id},
                remedy="Start runs through the retraining state machine, "
                "whose first step writes it",
            )
        return change(run)

    updated: dict[str, Any] = state.update(problem, key, changed).data
    return updated
