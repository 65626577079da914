"""What the jobs of one run read, decided once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ghosteam.documents.plan import Plan
from ghosteam.features.lake_parts import parts_for_events
from ghosteam.problem import definition
from ghosteam.problem.hashes import training_hash
from ghosteam.problem.spec import Problem
from ghosteam.retraining.readiness import Ready

if TYPE_CHECKING:
    from ghosteam.documents.batch import BatchRecord
    from ghosteam.documents.run import Run
    from ghosteam.documents.slot import Slot


INSTANT = timedelta(microseconds=1)
"""The hold-out holds its end."""


def make_plan(
    problem: Problem,
    *,
    run: Run,
    ready: Ready,
    batches: Mapping[str, Sequence[BatchRecord]],
    available_at: Mapping[str, datetime],
    history: Mapping[str, Sequence[BatchRecord]],
    champion: Slot | None,
    learned: Problem | None,
    lake_bucket: str,
    artifact_bucket: str,
    online_prefix: str,
) -> Plan:
    """The plan of ``run``; see ``parts_for_events`` for ``parts``. ``learned``: the problem as the
    champion learned it, where that is kept; ``batches`` are of its data sets too. ``history``:
    ``batches`` and, among them, those that counted at their landing keys before.
    """
    span = {"begin": ready.train_start, "end": ready.holdout_end + INSTANT}
    parts = parts_for_events(problem, batches, **span)
    other = learned if learned and training_hash(learned) != training_hash(problem) else None
    others_parts = parts_for_events(other, batches, **span) if other else {}
    both = [problem, other] if other else [problem]
    by_availability = [one for one in both if one.features.clock == "available_at"]
    return Plan(
        problem=problem.problem,
        run_id=run.run_id,
        reason=run.reason,
        as_of=run.as_of,
        train_start=ready.train_start,
        holdout_start=ready.holdout_start,
        holdout_end=ready.holdout_end,
        parts=_as_tuples(parts),
        lake_bucket=lake_bucket,
        artifact_bucket=artifact_bucket,
        online_prefix=online_prefix,
        available_at=available_at,
        history=_history(by_availability, history, **span) if by_availability else {},
        champion=champion,
        definition=definition.written(problem),
        champion_definition=definition.written(other) if other else None,
        champion_parts=_as_tuples(others_parts),
    )


def _as_tuples(parts: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {dataset: tuple(keys) for dataset, keys in parts.items()}


def _history(
    problems: Sequence[Problem],
    batches: Mapping[str, Sequence[BatchRecord]],
    *,
    begin: datetime,
    end: datetime,
) -> dict[str, tuple[str, ...]]:
    """The parts that any of the problems needs, in landed order."""
    wanted = {
        key
        for problem in problems
        for parts in parts_for_events(problem, batches, begin=begin, end=end).values()
        for key in parts
    }
    return {
        dataset: tuple(key for one in of for key in one.validated_parts if key in wanted)
        for dataset, of in batches.items()
    }
