"""A run's plan: what the jobs of one run read, decided once and written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ghosteam import layout
from ghosteam.problem.spec import Problem
from ghosteam.retraining.readiness import Ready, Span

if TYPE_CHECKING:
    from ghosteam.aws.batches import BatchRecord

VERSION = 1
LABEL_DELAY = timedelta(days=30)
"""Events this much older than the oldest window feature are read too: their outcomes may have become known inside it."""


def span_of(batch: BatchRecord) -> Span | None:
    """Times that a batch's rows span, or None for a batch without times."""
    if batch.min_time is None or batch.max_time is None:
        return None
    return datetime.fromisoformat(batch.min_time), datetime.fromisoformat(batch.max_time)


def run_parts(problem: Problem, batches: Mapping[str, Sequence[BatchRecord]], ready: Ready) -> dict[str, list[str]]:
    """Lake keys a data set, in landed order, that a run over the windows of ``ready`` reads.

    ``batches``: active batches in landed order. Events reach back for the longest window feature, timed data sets for
    their delay.
    """
    longest = max((window.over for window in problem.features.windows), default=timedelta())
    parts = {}
    for name in (problem.events_name, *problem.joined_datasets):
        dataset = problem.datasets[name]
        looked_up = dataset.known_after + 2 * (dataset.every or timedelta())
        begin = ready.train_start - (longest + LABEL_DELAY if name == problem.events_name else looked_up)
        parts[name] = [
            layout.validated_part(problem.problem, name, batch.batch_id, part)
            for batch in batches.get(name, ())
            if (span := span_of(batch)) is None or (span[0] < ready.holdout_end and span[1] >= begin)
            for part in range(batch.parts)
        ]
    return parts


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
    """The plan document, JSON-ready; see :func:`run_parts` for ``parts``."""
    return {
        "version": VERSION,
        "problem": problem.problem,
        "run_id": run_id,
        "reason": dict(reason),
        "as_of": as_of,
        "train_start": ready.train_start.isoformat(),
        "holdout_start": ready.holdout_start.isoformat(),
        "holdout_end": ready.holdout_end.isoformat(),
        "parts": run_parts(problem, batches, ready),
        "lake_bucket": lake_bucket,
        "artifact_bucket": artifact_bucket,
        "online_prefix": online_prefix,
        "champion": dict(champion) if champion else None,
    }
