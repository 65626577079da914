"""How good a batch is that came, as metrics: its measures of quality, how far it lies from the
batches before it, and how many limits of its data set it misses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ghosteam.aws.judged_batches import profile_of_batch, profiles_before
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.data.batch_drift import BatchDrift, batch_drift, compared_columns
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.batch_profile import BatchProfile
from ghosteam.problem.quality import Quality
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count, logger, measure

_SHARES = {
    "Completeness": "completeness",
    "Validity": "validity",
    "Uniqueness": "uniqueness",
    "Consistency": "consistency",
}
"""Metrics, and the measures that they are of."""
_HOUR = 3600


def measure_batch(
    problem: Problem, record: BatchRecord, *, lake: Objects, state: StateTable
) -> None:
    """Publish what a judged batch is like; nothing of one whose rows nobody judged."""
    profile = profile_of_batch(record, lake)
    if profile is None:
        return
    name, dataset = record.problem, record.dataset
    for metric, measured in _SHARES.items():
        share = profile.quality[measured]
        if share is not None:
            measure(metric, share, Problem=name, Dataset=dataset)
    seconds = profile.quality["freshness_seconds"]
    if seconds is not None:
        measure("FreshnessHours", seconds / _HOUR, Problem=name, Dataset=dataset)
    drift = _drift(problem, record, profile, lake, state)
    if drift:
        measure("BatchDrift", drift.distance, Problem=name, Dataset=dataset)
    limits = problem.datasets[dataset].quality
    if limits:
        missed = list(_missed(limits, profile.quality, drift))
        if missed:
            logger.warning("A batch misses limits", batch=record.batch_id, missed=missed)
        count("QualityMissed", len(missed), Problem=name, Dataset=dataset)


def _drift(
    problem: Problem, record: BatchRecord, profile: BatchProfile, lake: Objects, state: StateTable
) -> BatchDrift | None:
    """How far the batch lies from those before it, where that can be said of one that is let in."""
    if record.status != "validated":
        return None
    earlier = profiles_before(record, lake, state)
    found = batch_drift(profile, earlier, compared_columns(problem, record.dataset))
    return found if isinstance(found, BatchDrift) else None


def _missed(
    limits: Quality, measures: Mapping[str, float | None], drift: BatchDrift | None
) -> Iterator[str]:
    """The limits that a batch misses, in words."""
    for name in _SHARES.values():
        least, found = getattr(limits, name), measures[name]
        if least is not None and found is not None and found < least:
            yield f"{name} {found:.4g}, at least {least:.4g}"
    age = measures["freshness_seconds"]
    if limits.freshness is not None and age is not None and age > limits.freshness.total_seconds():
        oldest = limits.freshness.total_seconds()
        yield f"freshness {age / _HOUR:.1f} hours, at most {oldest / _HOUR:.1f}"
    if limits.drift is not None and drift and drift.distance > limits.drift:
        yield f"drift {drift.distance:.4g} in {drift.column}, at most {limits.drift:.4g}"
