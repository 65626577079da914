"""Keys of the state table's documents, and the area that each belongs to.

A plural constant is the prefix of all keys of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Area = Literal["data", "retraining", "serving", "monitoring"]
"""Who may change a document: roles are limited to the areas of their work."""

BATCHES = "batch#"
LANDED = "object#"
SOURCES = "source#"
MATERIALIZED = "materialized#"
READINESS = "readiness"
DECISIONS = "decision#"
WAITING = "waiting#"
RUNS = "run#"
RETRAINING_LEASE = "lease#retraining"
"""Which run is at work."""
ROLLOUT_LEASE = "lease#rollout"
"""Which rollout is at work."""
NEXT_ROLLOUT = "next_rollout"
"""Which model waits for its turn."""
APPROVAL = "approval"
"""What waits for a person."""
ROUTING = "routing"
"""Which versions serve a problem, and with which share of the traffic."""
REGISTRY_NOTES = "registry_note#"
DRIFT_VERDICTS = "verdict#drift#"
PERFORMANCE_VERDICTS = "verdict#performance#"

AREAS: Mapping[str, Area] = {
    BATCHES: "data",
    LANDED: "data",
    SOURCES: "data",
    MATERIALIZED: "retraining",
    READINESS: "retraining",
    DECISIONS: "retraining",
    WAITING: "retraining",
    RUNS: "retraining",
    RETRAINING_LEASE: "retraining",
    ROLLOUT_LEASE: "serving",
    NEXT_ROLLOUT: "serving",
    APPROVAL: "serving",
    ROUTING: "serving",
    REGISTRY_NOTES: "serving",
    DRIFT_VERDICTS: "monitoring",
    PERFORMANCE_VERDICTS: "monitoring",
}


def batch(dataset: str, batch_id: str) -> str:
    """A batch in the ledger."""
    return f"{BATCHES}{dataset}#{batch_id}"


def landed(dataset: str, key: str) -> str:
    """Which batches a key of the landing bucket holds."""
    return f"{LANDED}{dataset}#{key}"


def source(name: str) -> str:
    """How far a source has been pulled."""
    return f"{SOURCES}{name}"


def materialized(dataset: str, batch_id: str) -> str:
    """That a batch's features can be read online."""
    return f"{MATERIALIZED}{dataset}#{batch_id}"


def run(run_id: str) -> str:
    """A retraining run."""
    return f"{RUNS}{run_id}"


def decision(occasion_id: str) -> str:
    """The decision on an occasion to retrain."""
    return f"{DECISIONS}{occasion_id}"


def waiting(occasion_id: str) -> str:
    """An occasion that is decided again."""
    return f"{WAITING}{occasion_id}"
