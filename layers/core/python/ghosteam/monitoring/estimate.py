"""What a metric will be once outcomes are known, as far as the predictions themselves say.

Outcomes are drawn as the model promised them, corrected by what it kept of that on the hold-out,
and measured like real ones. Of classes: by the probabilities, which is confidence-based performance
estimation (CBPE) as NannyML documents it. Of numbers: by errors whose size is learned, which is
direct loss estimation (:mod:`ghosteam.monitoring.losses`). It sees other cases, and does not see
that the same cases come out otherwise: concept drift shows when outcomes are there.

Source: NannyML's documentation, "How it works: performance estimation" (nannyml.readthedocs.io).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from ghosteam.documents.drift_reference import DriftReference, Entry, NoiseRecord, PromiseEntry
from ghosteam.documents.performance_verdict import Estimated
from ghosteam.metrics.metric import Floats, measure
from ghosteam.monitoring.detectors._recalibration import fitted, gap
from ghosteam.monitoring.joint_entry import output_name
from ghosteam.monitoring.losses import Losses
from ghosteam.monitoring.noise import Noise
from ghosteam.monitoring.samples.calibration import CERTAIN, Calibration
from ghosteam.problem.spec import Problem
from ghosteam.undetermined import Undetermined

DRAWS, MOST_ROWS = 200, 20_000
CONFIDENCE = 0.95
OF_A_SIZE = 0.5
"""A row's variance in the logarithm of the deviation of normal numbers, in which the detector
``spread`` says how restless their size is.
"""
Draw = Callable[[np.random.Generator], Floats]
NO_PROMISES = Undetermined("the model's reference has no outcomes; retrain to have one that has")


def estimated(
    problem: Problem,
    outputs: Floats,
    features: pl.DataFrame,
    reference: DriftReference,
    *,
    seed: int = 0,
) -> Estimated | Undetermined:
    """What ``promote.metric`` is expected to be on predictions ``(n, k)``, with the ``features`` of
    the same rows (those of regressions are looked at), and the interval that holds what is measured
    on as many rows in ``CONFIDENCE`` of all cases, if promises keep as well as they did: chance of
    the outcomes, how well promises are known, and how restless they are.

    At most ``MOST_ROWS`` rows, evenly spaced, are looked at. Undetermined with fewer than
    ``watch.min_rows`` rows, where the reference knows nothing of outcomes, or the metric is
    undefined on most draws.
    """
    rows, metric = len(outputs), problem.promote.metric
    if rows < problem.watch.min_rows:
        return Undetermined(f"{rows} predictions are too few to expect anything of")
    if not reference.outcomes:
        return NO_PROMISES
    spaced = np.unique(np.linspace(0, rows - 1, MOST_ROWS).astype(np.int64))
    looked_at = outputs[spaced]
    classes = problem.kind.class_count(problem.target.classes)
    if classes:
        draw = _of_classes(problem, looked_at, reference.outcomes)
    else:
        draw = _of_numbers(problem, looked_at, features[spaced], reference)
    if isinstance(draw, Undetermined):
        return draw
    random = np.random.default_rng(seed)
    threshold = problem.decide.threshold
    drawn = (measure(metric, draw(random), looked_at, threshold=threshold) for _ in range(DRAWS))
    values = [one for one in drawn if not isinstance(one, Undetermined)]
    if len(values) < DRAWS / 2:
        return Undetermined(f"{metric} is mostly undefined for outcomes as they are expected")
    outside = (1 - CONFIDENCE) / 2
    lower, upper = np.quantile(values, [outside, 1 - outside])
    return Estimated(
        metric=metric,
        value=float(np.mean(values)),
        lower=float(lower),
        upper=float(upper),
        rows=rows,
        method="confidence" if classes else "loss",
    )


def _of_classes(
    problem: Problem, outputs: Floats, entries: Mapping[str, Entry]
) -> Draw | Undetermined:
    known = (entries.get(f"calibration {name}") for name in problem.outputs)
    promises = [entry for entry in known if entry and entry["kind"] == "calibration"]
    if len(promises) < len(problem.outputs):
        return NO_PROMISES
    corrected, unsure = zip(
        *(_corrected(outputs[:, at], entry) for at, entry in enumerate(promises)), strict=True
    )
    odds = np.column_stack(corrected)

    def draw(random: np.random.Generator) -> Floats:
        moved = 1 / (1 + np.exp(-(odds + [one(random) for one in unsure])))
        chance = random.random(len(moved))
        if moved.shape[1] == 1:
            shares = 1 - moved
        else:
            shares = np.cumsum(moved / moved.sum(axis=1, keepdims=True), axis=1)[:, :-1]
        found: Floats = (chance[:, None] > shares).sum(axis=1).astype(np.float64)
        return found

    return draw


def _corrected(
    said: Floats, entry: PromiseEntry
) -> tuple[Floats, Callable[[np.random.Generator], float]]:
    """The log odds of a promise, recalibrated on the hold-out, and by how much all of a window may
    be off together.
    """
    sample = Calibration.from_record(entry["sample"])
    intercept, slope, _ = fitted(sample)
    sure = np.clip(said, CERTAIN, 1 - CERTAIN)
    odds = intercept + slope * np.log(sure / (1 - sure))
    chance = 1 / (1 + np.exp(-odds))
    of_a_row = max(float((chance * (1 - chance)).mean()), 1e-6)
    known = float(gap(sample)[1])
    between = _new(entry["noise"].get("calibration_gap")) * of_a_row
    return odds, _normal((between + known) / of_a_row**2)


def _of_numbers(
    problem: Problem, outputs: Floats, features: pl.DataFrame, reference: DriftReference
) -> Draw | Undetermined:
    if not reference.losses:
        return NO_PROMISES
    losses = Losses.from_record(reference.losses)
    frame = features.with_columns(pl.Series(output_name(problem.outputs[0]), outputs[:, 0]))
    sizes = losses.sizes(frame)
    entry = reference.outcomes.get(f"error of {problem.target.name}")
    noise = entry["noise"] if entry else {}
    # The hold-out's errors have their windows' levels in them: what is drawn for all of a window is
    # no part of what is drawn for a row.
    common, middle = min(1.0, _new(noise.get("location"))), losses.shape.mean()
    shape = middle + (1 - common) ** 0.5 * (losses.shape - middle)
    level = _normal(common * float(losses.shape.var() * (sizes**2).mean()))
    restless = OF_A_SIZE * (_new(noise.get("spread")) + _unsure(entry))
    size = _normal(restless)

    def draw(random: np.random.Generator) -> Floats:
        errors = random.choice(shape, len(sizes)) * sizes
        larger = np.exp(size(random) - restless / 2)
        found: Floats = outputs[:, 0] + larger * errors + level(random)
        return found

    return draw


def _unsure(entry: Entry | None) -> float:
    """How well a size is known by the rows of an entry, as a share of a row's variance."""
    sample = entry["sample"] if entry and entry["kind"] == "numbers" else None
    return 1 / max(1, sum(sample["cells"])) if sample else 0.0


def _new(noise: NoiseRecord | None) -> float:
    """How much a new window has of its own, as a share of a row's variance."""
    if noise is None:
        return 0.0
    restless = Noise.from_record(noise)
    return restless.common * restless.unseen


def _normal(variance: float) -> Callable[[np.random.Generator], float]:
    """What all rows of a window have in common."""
    return lambda random: float(random.normal(0, variance**0.5))
