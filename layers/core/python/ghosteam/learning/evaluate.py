"""Measure candidates and champion on the same hold-out, choose a candidate, pass it through the
gates. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.documents.evaluation import Evaluation
from ghosteam.documents.parity import Parity
from ghosteam.errors import Defect
from ghosteam.learning.agreement import agreement
from ghosteam.learning.baselines import stronger_baseline
from ghosteam.learning.compare import Comparison, compare
from ghosteam.learning.contenders import (
    Candidate,
    Champion,
    HoldoutResult,
    candidate_told,
    champion_told,
    comparison_told,
)
from ghosteam.learning.gates import Measurements, conclude, evaluate_gates, margin
from ghosteam.learning.holdout import Holdout
from ghosteam.learning.importance import importance
from ghosteam.learning.latency import latency_ms
from ghosteam.learning.package import Predictor
from ghosteam.learning.slices import MIN_SLICE_ROWS, SLICE_ALPHA, slices_of
from ghosteam.metrics.metric import METRICS, Floats, Value, measure
from ghosteam.problem.promote import Promote
from ghosteam.problem.spec import Problem
from ghosteam.undetermined import Undetermined


@dataclass(frozen=True)
class Evaluated:
    """``document`` says it all; ``chosen`` is the candidate that it is about, ``outputs`` its
    outputs on the hold-out ``(n_rows, n_outputs)``.
    """

    document: Evaluation
    chosen: Candidate
    outputs: Floats


def evaluate(
    candidates: Sequence[Candidate],
    champion: Champion | None,
    holdout: pl.DataFrame,
    *,
    learned_from: pl.DataFrame,
    problem: Problem,
    run_id: str,
    holdout_start: datetime,
    parity: Parity,
    clock: Callable[[], float],
    lost: Mapping[str, str] | None = None,
) -> Evaluated:
    """Evaluate and decide. ``lost``: why, by family, a training job left no candidate.

    The candidate is chosen by its metric on the validation rows of its training window, not on the
    hold-out: the hold-out then judges a model that it did not choose. ``learned_from`` are the
    training rows, whose outcomes and last known ones make the baselines; the stronger one is what
    the candidate is compared with, in slices too where there is no champion. ``clock`` (seconds)
    times single-row predictions.

    Raises:
        Defect: there is no candidate, or an outcome is none of the task's.
    """
    rows = Holdout.of(holdout, problem)
    if not candidates:
        raise Defect(
            "No candidate was trained",
            where={"run_id": run_id},
            remedy="See why the training jobs failed",
        )
    promote = problem.promote
    measured = [_measure(candidate.predictor, rows, problem) for candidate in candidates]
    latencies = [latency_ms(candidate.predictor, holdout, clock=clock) for candidate in candidates]
    best = _choose(candidates, promote)
    chosen, ours = candidates[best], measured[best]
    incumbent = _measure_champion(champion, rows, problem) if champion else None
    baseline = stronger_baseline(learned_from, rows, problem)
    other = incumbent.outputs if isinstance(incumbent, HoldoutResult) else baseline.outputs
    against_baseline = _compare(rows, baseline.outputs, ours.outputs, problem)
    comparison = (
        _against_champion(champion, incumbent, ours, rows, problem, holdout_start)
        if champion
        else None
    )
    changed = champion is not None and champion.changed
    slices = _slices(rows, other, ours.outputs, problem)
    gates = evaluate_gates(
        Measurements(
            metrics=ours.metrics,
            honesty=problem.kind.honesty,
            baseline=against_baseline,
            baseline_name=baseline.name,
            slices=slices,
            latency_ms=latencies[best],
            comparison=comparison,
            features=chosen.predictor.manifest.features,
            expected_features=problem.feature_names,
            parity=parity,
            champion_unusable=incumbent.reason if isinstance(incumbent, Undetermined) else None,
            changed=changed,
        ),
        promote,
    )
    decision, judged = conclude(gates)
    losses = dict(lost or {})
    reasons = (*judged, *(f"{family} was lost: {why}" for family, why in sorted(losses.items())))
    document = Evaluation(
        problem=problem.problem,
        run_id=run_id,
        task=problem.task,
        metric=promote.metric,
        holdout_rows=holdout.height,
        candidates=tuple(
            candidate_told(candidate, found, latency)
            for candidate, found, latency in zip(candidates, measured, latencies, strict=True)
        ),
        lost=losses,
        champion=champion_told(champion, incumbent) if champion and incumbent else None,
        chosen=chosen.predictor.manifest.family,
        model_uri=chosen.model_uri,
        baseline=comparison_told(against_baseline, 0.0),
        baselines=baseline.told(),
        comparison=comparison_told(comparison, margin(promote, changed=changed))
        if comparison
        else None,
        agreement=agreement(
            incumbent.outputs, ours.outputs, version=champion.version, problem=problem
        )
        if champion and isinstance(incumbent, HoldoutResult)
        else None,
        slices={name: comparison_told(found, 0.0) for name, found in slices.items()},
        importance=importance(
            chosen.predictor,
            holdout,
            rows.target,
            metric=promote.metric,
            threshold=problem.decide.threshold,
        ),
        gates=gates,
        decision=decision,
        approval=next((gate.reason for gate in gates if gate.asks), None),
        reasons=reasons,
    )
    return Evaluated(document, chosen, ours.outputs)


def _measure(predictor: Predictor, rows: Holdout, problem: Problem) -> HoldoutResult:
    outputs = predictor.predict_frame(rows.frame)
    metrics: dict[str, Value] = {
        name: rows.too_small
        or measure(name, rows.target, outputs, threshold=problem.decide.threshold)
        for name in problem.metrics
    }
    return HoldoutResult(outputs, metrics)


def _compare(
    rows: Holdout,
    other: Floats,
    ours: Floats,
    problem: Problem,
    *,
    inside: NDArray[np.bool_] | None = None,
    confidence: float | None = None,
) -> Comparison | Undetermined:
    """``inside`` ``(n,)``: the rows of a slice."""
    if rows.too_small:
        return rows.too_small
    if inside is None:
        inside = np.ones(len(rows.target), dtype=bool)
    return compare(
        rows.target[inside],
        other[inside],
        ours[inside],
        rows.blocks.where(inside),
        metric=problem.promote.metric,
        confidence=confidence or problem.promote.beat_champion.confidence,
        threshold=problem.decide.threshold,
    )


def _slices(
    rows: Holdout, other: Floats, ours: Floats, problem: Problem
) -> dict[str, Comparison | Undetermined]:
    """The comparison in each slice, at a confidence for all of them together (Bonferroni)."""
    inside = slices_of(rows.frame, problem.promote.slices)
    large = sum(int(rows_of.sum()) >= MIN_SLICE_ROWS for rows_of in inside.values())
    return {
        name: _compare(
            rows, other, ours, problem, inside=rows_of, confidence=1 - SLICE_ALPHA / large
        )
        if rows_of.sum() >= MIN_SLICE_ROWS
        else Undetermined(f"{rows_of.sum()} rows are too few; {MIN_SLICE_ROWS} are needed")
        for name, rows_of in inside.items()
    }


def _measure_champion(
    champion: Champion, rows: Holdout, problem: Problem
) -> HoldoutResult | Undetermined:
    if isinstance(champion.predictor, Undetermined):
        return champion.predictor
    manifest = champion.predictor.manifest
    if champion.features is not None:
        rows = replace(rows, frame=champion.features)
    if not champion.predictor.reads(rows.frame):
        lacking = sorted(set(manifest.features) - set(rows.frame.columns))
        return Undetermined(
            f"the champion reads features that the problem no longer has: {', '.join(lacking)}"
        )
    if (manifest.task, manifest.outputs) != (problem.task, problem.outputs):
        return Undetermined(
            f"the champion predicts something else: {', '.join(manifest.outputs)} of a "
            f"{manifest.task} problem"
        )
    if knew := _knew_the_holdout(manifest.held_out, problem):
        return Undetermined(knew)
    try:
        return _measure(champion.predictor, rows, problem)
    # A model of another time may fail in any way when it meets today's rows; it must not end the
    # run.
    except Exception as error:
        return Undetermined(f"the champion fails on the hold-out: {type(error).__name__}: {error}")


def _knew_the_holdout(held_out: float | None, problem: Problem) -> str | None:
    """Why the champion may have learned from rows that are held out now, beside later ones."""
    if held_out is None and problem.timed:
        return None
    if held_out is not None and not problem.timed and held_out >= problem.held_out_share:
        return None
    before = "those before a time" if held_out is None else f"all but {held_out:.0%} of the events"
    now = "the newest" if problem.timed else f"{problem.holdout} of them"
    return (
        f"the champion learned from {before}, and held out are {now}: it may have seen outcomes "
        "that it would be judged by"
    )


def _against_champion(
    champion: Champion,
    incumbent: HoldoutResult | Undetermined | None,
    ours: HoldoutResult,
    rows: Holdout,
    problem: Problem,
    holdout_start: datetime,
) -> Comparison | Undetermined:
    if not isinstance(incumbent, HoldoutResult) or isinstance(champion.predictor, Undetermined):
        return (
            incumbent
            if isinstance(incumbent, Undetermined)
            else Undetermined("the champion could not be measured")
        )
    train_end = datetime.fromisoformat(champion.predictor.manifest.train_end)
    if train_end > holdout_start:
        return Undetermined(
            f"the champion learned from data up to {train_end.isoformat()}, which is after the "
            "hold-out's begin "
            f"{holdout_start.isoformat()}; a comparison would flatter it"
        )
    return _compare(rows, incumbent.outputs, ours.outputs, problem)


def _choose(candidates: Sequence[Candidate], promote: Promote) -> int:
    """Index of the candidate with the best validation metric; one without a value comes last, ties
    go to the first.
    """
    sign = METRICS.find(promote.metric).sign

    def merit(index: int) -> float:
        value = candidates[index].predictor.manifest.validation.get(promote.metric)
        return -np.inf if value is None else sign * value

    return max(range(len(candidates)), key=merit)
