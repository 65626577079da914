"""What the model registry is to be told of rollouts: written down first, told when it answers.

The registry records and decides nothing, so its outage delays a note and never a rollout. A note is
deleted when the registry has taken it. The reconciler tells what is left.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ghosteam.aws.model_registry import CANDIDATE, CHAMPION, PREVIOUS, ModelRegistry, model_name
from ghosteam.documents import state_keys
from ghosteam.documents.registry_note import RegistryNote, RolloutResult
from ghosteam.errors import Conflict

if TYPE_CHECKING:
    from ghosteam.aws.state import Document, StateTable


def write_note(
    state: StateTable, problem: str, version: str, outcome: RolloutResult, *, now: datetime
) -> None:
    """Remember what the registry is to be told; the last word on a version stands."""
    note = RegistryNote(version, outcome, now)
    state.put(problem, state_keys.REGISTRY_NOTES / version, note)


def pending_notes(state: StateTable, problem: str) -> list[Document[RegistryNote]]:
    """Notes that the registry has not taken yet, the oldest first."""
    return sorted(
        state.list(problem, state_keys.REGISTRY_NOTES), key=lambda document: document.data.at
    )


def tell_registry(state: StateTable, problem: str, registry: ModelRegistry) -> list[str]:
    """Tell all pending notes in their order; the versions that were told of.

    Raises:
        GhosteamError: the registry did not answer; what it has not taken stays pending.
    """
    told = []
    for document in pending_notes(state, problem):
        version = document.data.version
        tell = _crown if document.data.outcome == "promoted" else _dismiss
        tell(registry, model_name(problem), version)
        try:
            state.delete(problem, document)
        except Conflict:
            continue  # it was written anew meanwhile, and is told the next time
        told.append(version)
    return told


def _crown(registry: ModelRegistry, name: str, version: str) -> None:
    # 'previous' first: after a failure in between, a repeat still finds the old champion under its
    # alias.
    champion = registry.alias_version(name, CHAMPION)
    if champion and champion != version:
        registry.set_alias(name, PREVIOUS, champion)
    registry.set_alias(name, CHAMPION, version)
    _drop_candidate(registry, name, version)
    registry.set_version_tag(name, version, "rollout", "promoted")


def _dismiss(registry: ModelRegistry, name: str, version: str) -> None:
    _drop_candidate(registry, name, version)
    registry.set_version_tag(name, version, "rollout", "rolled back")


def _drop_candidate(registry: ModelRegistry, name: str, version: str) -> None:
    if registry.alias_version(name, CANDIDATE) == version:
        registry.delete_alias(name, CANDIDATE)
