"""A run's plan: what the jobs of one run read, decided once and written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ghosteam.features.lake_parts import parts_for_events
from ghosteam.problem.spec import Problem
from ghosteam.retraining.readiness import Ready

if TYPE_CHECKING:
    from ghosteam.documents.batch import BatchRecord

VERSION = 1


def make_plan(
    problem: Problem,
    *,
    run_id: str,
    reason: Mapping[str, str],
    as_of: str,
    ready: Ready,
    batches: Mapping[str, Sequence[BatchRecord]],
    champion: Mapping[str, Any] | None,
    lake_bucket: str,
    artifact_bucket: str,
    online_prefix: str,
) -> dict[str, Any]:
    """The plan document, JSON-ready; see ``parts_for_events`` for ``parts``."""
    return {
        "version": VERSION,
        "problem": problem.problem,
        "run_id": run_id,
        "reason": dict(reason),
        "as_of": as_of,
        "train_start": ready.train_start.isoformat(),
        "holdout_start": ready.holdout_start.isoformat(),
        "holdout_end": ready.holdout_end.isoformat(),
        "parts": parts_for_events(problem, batches, begin=ready.train_start, end=ready.holdout_end),
        "lake_bucket": lake_bucket,
        "artifact_bucket": artifact_bucket,
        "online_prefix": online_prefix,
        "champion": dict(champion) if champion else None,
    }
