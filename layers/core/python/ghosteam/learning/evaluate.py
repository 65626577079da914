"""Measure candidates and champion on the same hold-out, choose a candidate, pass it through the
gates. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.documents.undetermined import Undetermined
from ghosteam.errors import Defect
from ghosteam.learning.compare import Comparison, compare
from ghosteam.learning.gates import Measurements, Parity, decide, evaluate_gates
from ghosteam.learning.metrics import GREATER_IS_BETTER, Value, measure, weighted
from ghosteam.learning.package import Predictor
from ghosteam.problem.policies import Promote
from ghosteam.problem.spec import Problem

MIN_HOLDOUT_ROWS = 100
MIN_SLICE_ROWS = 200
_TARGET = "target"
_WARM_UP, _TIMED = 20, 200


@dataclass(frozen=True)
class Candidate:
    """A trained model and the address of its package."""

    predictor: Predictor
    model_uri: str


@dataclass(frozen=True)
class Champion:
    """The model that serves now. ``predictor`` is the reason when it could not be loaded."""

    version: str
    predictor: Predictor | Undetermined


@dataclass(frozen=True)
class Measured:
    """One model on the hold-out: ``scores`` ``(n_rows,)``; ``slices``: the promotion metric by
    ``"column=value"``.
    """

    scores: NDArray[np.float64]
    metrics: dict[str, Value]
    slices: dict[str, Value]


@dataclass(frozen=True)
class Evaluation:
    """``document`` is ``evaluation.json``; ``chosen`` the candidate that it is about, ``scores``
    its hold-out scores.
    """

    document: dict[str, Any]
    chosen: Candidate
    scores: NDArray[np.float64]


def evaluate(
    candidates: Sequence[Candidate],
    champion: Champion | None,
    holdout: pl.DataFrame,
    *,
    problem: Problem,
    run_id: str,
    holdout_start: datetime,
    parity: Parity,
    clock: Callable[[], float],
    lost: Mapping[str, str] | None = None,
) -> Evaluation:
    """Evaluate and decide. ``lost``: why, by family, a training job left no candidate.

    The candidate is chosen by its metric on the validation rows of its training window, not on the
    hold-out: the hold-out then judges a model that it did not choose. ``clock`` (seconds) times
    single-row predictions.

    Raises:
        Defect: there is no candidate, or the target is not 0 and 1.
    """
    _check_target(holdout)
    if not candidates:
        raise Defect(
            "No candidate was trained",
            where={"run_id": run_id},
            remedy="See why the training jobs failed",
        )
    promote = problem.promote
    measured = [_measure(candidate.predictor, holdout, promote) for candidate in candidates]
    latencies = [latency_ms(candidate.predictor, holdout, clock=clock) for candidate in candidates]
    best = _choose(candidates, promote)
    chosen = candidates[best]
    incumbent = _measure_champion(champion, holdout, promote) if champion else None
    comparison = (
        _compare(champion, incumbent, measured[best], holdout, promote, holdout_start)
        if champion
        else None
    )
    baseline = (
        incumbent.slices
        if isinstance(incumbent, Measured)
        else dict.fromkeys(measured[best].slices, measured[best].metrics[promote.metric])
    )
    gates = evaluate_gates(
        Measurements(
            metrics=measured[best].metrics,
            slices=measured[best].slices,
            baseline_slices=baseline,
            latency_ms=latencies[best],
            comparison=comparison,
            features=chosen.predictor.manifest.features,
            expected_features=problem.feature_names,
            parity=parity,
            distinct_scores=len(np.unique(measured[best].scores)),
            champion_unusable=incumbent.reason if isinstance(incumbent, Undetermined) else None,
        ),
        promote,
    )
    decision, judged = decide(gates)
    losses = dict(lost or {})
    reasons = (*judged, *(f"{family} was lost: {why}" for family, why in sorted(losses.items())))
    document = {
        "problem": problem.problem,
        "run_id": run_id,
        "holdout_rows": holdout.height,
        "candidates": [
            _candidate(candidate, found, latency)
            for candidate, found, latency in zip(candidates, measured, latencies, strict=True)
        ],
        "lost": losses,
        "champion": _champion(champion, incumbent),
        "chosen": chosen.predictor.manifest.family,
        "model_uri": chosen.model_uri,
        "comparison": _comparison(comparison, promote),
        "gates": [asdict(gate) for gate in gates],
        "decision": decision,
        "approval": next((gate.reason for gate in gates if gate.asks), None),
        "reasons": list(reasons),
    }
    return Evaluation(document, chosen, measured[best].scores)


def latency_ms(predictor: Predictor, holdout: pl.DataFrame, *, clock: Callable[[], float]) -> Value:
    """95th percentile of the time of one row's prediction from JSON-like values, in milliseconds,
    after a warm-up.
    """
    rows = (
        holdout.select(predictor.manifest.features).head(_TIMED).to_dicts()
        if _readable(predictor, holdout)
        else []
    )
    if not rows:
        return Undetermined("there is no hold-out row to time")
    for row in rows[:_WARM_UP]:
        predictor.predict([row])
    times = []
    for row in rows:
        start = clock()
        predictor.predict([row])
        times.append(1000 * (clock() - start))
    return float(np.quantile(times, 0.95))


def _readable(predictor: Predictor, holdout: pl.DataFrame) -> bool:
    return set(predictor.manifest.features) <= set(holdout.columns)


def _measure(predictor: Predictor, holdout: pl.DataFrame, promote: Promote) -> Measured:
    scores = predictor.predict_frame(holdout)
    target = holdout.get_column(_TARGET).cast(pl.Float64).to_numpy()
    missing = None
    if holdout.height < MIN_HOLDOUT_ROWS:
        missing = f"{holdout.height} hold-out rows are too few; {MIN_HOLDOUT_ROWS} are needed"
    elif len(np.unique(target)) < 2:
        # A loss is defined on one outcome; it would praise whoever says it always.
        missing = (
            f"all {holdout.height} hold-out rows have the outcome {target[0]:g}: only one "
            "class is present"
        )
    if missing:
        return Measured(scores, dict.fromkeys(measure([], []), Undetermined(missing)), {})
    slices: dict[str, Value] = {}
    for column in promote.slices:
        values = holdout.get_column(column).cast(pl.String).to_numpy()
        for value in sorted({value for value in values if value is not None}):
            inside = values == value
            slices[f"{column}={value}"] = (
                weighted(promote.metric, target[inside], scores[inside])(np.ones(inside.sum()))
                if inside.sum() >= MIN_SLICE_ROWS
                else Undetermined(f"{inside.sum()} rows are too few; {MIN_SLICE_ROWS} are needed")
            )
    return Measured(scores, measure(target, scores), slices)


def _measure_champion(
    champion: Champion, holdout: pl.DataFrame, promote: Promote
) -> Measured | Undetermined:
    if isinstance(champion.predictor, Undetermined):
        return champion.predictor
    if not _readable(champion.predictor, holdout):
        lacking = sorted(set(champion.predictor.manifest.features) - set(holdout.columns))
        return Undetermined(
            f"the champion reads features that the problem no longer has: {', '.join(lacking)}"
        )
    try:
        return _measure(champion.predictor, holdout, promote)
    # A model of another time may fail in any way when it meets today's rows; it must not end the
    # run.
    except Exception as error:
        return Undetermined(f"the champion fails on the hold-out: {type(error).__name__}: {error}")


def _check_target(holdout: pl.DataFrame) -> None:
    other = holdout.filter(~pl.col(_TARGET).is_in([0, 1]))
    if not other.is_empty():
        raise Defect(
            f"The target has the value {other[_TARGET][0]}; outcomes are 0 and 1",
            where={"rows": other.height},
            remedy="Write target.expr as a condition, such as arr_delay > 15",
        )


def _compare(
    champion: Champion,
    incumbent: Measured | Undetermined | None,
    ours: Measured,
    holdout: pl.DataFrame,
    promote: Promote,
    holdout_start: datetime,
) -> Comparison | Undetermined:
    if not isinstance(incumbent, Measured) or isinstance(champion.predictor, Undetermined):
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
    target = holdout.get_column(_TARGET).to_numpy()
    return compare(
        target,
        incumbent.scores,
        ours.scores,
        metric=promote.metric,
        confidence=promote.beat_champion.confidence,
    )


def _choose(candidates: Sequence[Candidate], promote: Promote) -> int:
    """Index of the candidate with the best validation metric; one without a value comes last, ties
    go to the first.
    """
    sign = 1.0 if GREATER_IS_BETTER[promote.metric] else -1.0

    def merit(index: int) -> float:
        value = candidates[index].predictor.manifest.validation.get(promote.metric)
        return -np.inf if value is None else sign * value

    return max(range(len(candidates)), key=merit)


def _candidate(candidate: Candidate, found: Measured, latency: Value) -> dict[str, Any]:
    manifest = candidate.predictor.manifest
    return {
        "family": manifest.family,
        "model_uri": candidate.model_uri,
        "mlflow_run_id": manifest.mlflow_run_id,
        "tracking_error": manifest.tracking_error,
        "validation": dict(manifest.validation),
        "metrics": _plain({**found.metrics, "latency_ms_p95": latency}),
        "slices": _plain(found.slices),
        "train_start": manifest.train_start,
        "train_end": manifest.train_end,
        "fingerprint": manifest.fingerprint,
    }


def _champion(
    champion: Champion | None, found: Measured | Undetermined | None
) -> dict[str, Any] | None:
    if champion is None or found is None:
        return None
    metrics = _plain(found.metrics) if isinstance(found, Measured) else None
    reason = found.reason if isinstance(found, Undetermined) else None
    return {"version": champion.version, "metrics": metrics, "undetermined": reason}


def _comparison(
    comparison: Comparison | Undetermined | None, promote: Promote
) -> dict[str, Any] | None:
    if isinstance(comparison, Comparison):
        return {**asdict(comparison), "better": comparison.lower > promote.beat_champion.by}
    if isinstance(comparison, Undetermined):
        return {
            "difference": None,
            "lower": None,
            "confidence": None,
            "better": False,
            "undetermined": comparison.reason,
        }
    return None


def _plain(values: Mapping[str, Value]) -> dict[str, float | None]:
    """JSON-ready: what is undetermined is null."""
    return {
        name: None if isinstance(value, Undetermined) else value for name, value in values.items()
    }
