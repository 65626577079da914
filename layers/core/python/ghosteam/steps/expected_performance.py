"""What is expected of a window's predictions before their outcomes are there."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.monitoring.estimate import estimated
from ghosteam.monitoring.log_frames import Nested, unnested
from ghosteam.monitoring.prediction_log import outputs_of
from ghosteam.problem.spec import Problem
from ghosteam.steps.champion_reference import ChampionReference
from ghosteam.undetermined import Undetermined


def needed_features(problem: Problem) -> tuple[Nested, ...]:
    """The parts of the log that are needed besides outputs: of numbers, how far they are off
    depends on the features, slices are told by them, and ``decide.value`` may read them.
    """
    classes = problem.kind.class_count(problem.target.classes)
    told_by = problem.promote.slices or problem.decide.value
    return () if classes and not told_by else ("features",)


def add_expected(
    problem: Problem,
    reference: ChampionReference,
    verdict: PerformanceVerdict,
    predictions: pl.DataFrame,
    *,
    state: StateTable,
) -> PerformanceVerdict:
    """A stored ``verdict`` with what ``promote.metric`` is expected to be on the champion's
    ``predictions`` in its window, one an event, with ``outputs`` and :func:`needed_features`; and
    by how much that was off, once outcomes are there. As it is where nothing can be expected.
    """
    if predictions.height < problem.watch.min_rows or isinstance(reference.found, Undetermined):
        return verdict
    features = pl.DataFrame(height=predictions.height)
    for part in needed_features(problem):
        features = unnested(predictions, part)
    found = estimated(problem, outputs_of(predictions), features, reference.found)
    if isinstance(found, Undetermined):
        return verdict
    error = None if verdict.value is None else found.value - verdict.value
    verdict = replace(verdict, estimated=found, estimate_error=error)
    key = state_keys.PERFORMANCE_VERDICTS / verdict.window_end.isoformat()
    state.put(problem.problem, key, verdict)
    return verdict
