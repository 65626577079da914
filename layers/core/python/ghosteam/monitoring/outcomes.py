"""Whether outcomes are distributed as they were, and come as often as the model promises: label
drift and calibration drift, judged by the law that features are judged by.

What a model promises is known from the rows that it did not learn from. How restless outcomes are
is seen over all rows that it learned from, and there errors are smaller than they will be: where
the others are enough windows, their own restlessness counts if it is larger, and else that of the
outcomes themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ghosteam.data.derive import TARGET
from ghosteam.documents.drift_reference import (
    DriftReference,
    Entry,
    ErrorsEntry,
    Noises,
)
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.blocks import Blocks, blocks_of
from ghosteam.monitoring.entries import (
    categories_entry,
    numbers_entry,
    promise_entry,
    seen_in,
    windows_in,
)
from ghosteam.monitoring.error_stream import noise_of_errors
from ghosteam.monitoring.findings import of_column, of_promise
from ghosteam.monitoring.judging import MonitoredValue, WindowDrift, judge
from ghosteam.monitoring.jumps import jump_of, noise_of_jumps
from ghosteam.monitoring.samples.errors import UsualErrors
from ghosteam.problem.detectors import JUMP
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.watch import Watch
from ghosteam.tasks.task import Promises
from ghosteam.undetermined import Undetermined


@dataclass(frozen=True)
class OutcomeSample:
    """Of the same rows, in one order: the outcomes as people say them ``labels`` ``(n,)``, what was
    promised of them, and the errors of numbers.
    """

    labels: pl.Series
    promises: Promises
    errors: Floats | None

    @classmethod
    def of(cls, problem: Problem, target: Floats, outputs: Floats) -> OutcomeSample:
        """Of outcomes ``(n,)`` and outputs ``(n, k)``."""
        kind = problem.kind
        return cls(
            _labels(problem, target),
            kind.promises(outputs, target, problem.outputs),
            kind.errors(outputs, target),
        )

    @property
    def sizes(self) -> Floats:
        """How large the error of each row is, ``(n,)``: of numbers, by how much they are off; of
        classes, the squared error of the probabilities. Source: Brier 1950.
        """
        if self.errors is not None:
            return np.abs(self.errors)
        squares = [(came - said) ** 2 for said, came in self.promises.values()]
        found: Floats = np.sum(squares, axis=0)
        return found


def counted(problem: Problem, target: Floats) -> dict[str, int]:
    """How many outcomes ``(n,)`` there are of each class; empty where they are numbers."""
    labels = _labels(problem, target)
    return dict(labels.value_counts().iter_rows()) if labels.dtype == pl.String else {}


def outcome_entries(
    problem: Problem,
    train: pl.DataFrame,
    in_sample: Floats,
    holdout: pl.DataFrame,
    outputs: Floats,
) -> dict[str, Entry]:
    """What a reference keeps of outcomes, an entry a name: of the outcomes of ``train``, and of
    what the ``outputs`` ``(n, k)`` on the rows of ``holdout`` promise, with the model's outputs on
    the rows that it learned from, ``in_sample`` ``(m, k)``. Both frames have the column ``target``,
    without nulls.
    """
    detectors, name = problem.watch.detectors, problem.target.name
    learned, blocks = _ordered(problem, train, in_sample)
    kept, own_blocks = _ordered(problem, holdout, outputs)
    labels: Entry
    if learned.labels.dtype == pl.String:
        labels = categories_entry(learned.labels, blocks, detectors)
    else:
        values = learned.labels.to_numpy()
        labels = numbers_entry(values, values, blocks, detectors)
    found: dict[str, tuple[Entry, Entry]] = {
        f"calibration {promised}": (
            promise_entry(promise, learned.promises[promised], blocks, detectors.calibration),
            promise_entry(promise, promise, own_blocks, detectors.calibration),
        )
        for promised, promise in kept.promises.items()
    }
    if kept.errors is not None:
        found[f"error of {name}"] = (
            numbers_entry(kept.errors, learned.errors, blocks, detectors),
            numbers_entry(kept.errors, kept.errors, own_blocks, detectors),
        )
    seen = windows_in(holdout, EVENT_TIME if problem.timed else None, problem.watch.window.longest)
    for entry, own in found.values():
        entry["noise"] = _as_restless(entry["noise"], own["noise"], labels["noise"])
    promised = {one: seen_in(entry, seen) for one, (entry, _) in found.items()}
    # How outcomes jump is not how restless promises are: it comes after those.
    if labels["kind"] == "categories":
        labels["noise"][JUMP] = noise_of_jumps(learned.labels, blocks)
    return {f"outcome {name}": labels, **promised}


def errors_entry(
    problem: Problem,
    train: pl.DataFrame,
    in_sample: Floats,
    holdout: pl.DataFrame,
    outputs: Floats,
    labels: Noises,
) -> ErrorsEntry:
    """What a reference keeps of the sizes of errors: those on the hold-out; for how restless they
    are, see above. Arguments as of :func:`outcome_entries`; ``labels``: the noise of outcomes.
    """
    kept, own_blocks = _ordered(problem, holdout, outputs)
    learned, blocks = _ordered(problem, train, in_sample)
    noise = _as_restless(
        noise_of_errors(learned.sizes, blocks),
        noise_of_errors(kept.sizes, own_blocks),
        {name: noise for name, noise in labels.items() if name != JUMP},
    )
    entry: ErrorsEntry = {"sample": UsualErrors.of(kept.sizes).as_record(), "noise": noise}
    seen = windows_in(holdout, EVENT_TIME if problem.timed else None, problem.watch.window.longest)
    return seen_in(entry, seen)


def judge_outcomes(
    problem: Problem,
    target: Floats,
    outputs: Floats,
    reference: DriftReference,
    *,
    before: Mapping[str, float] | None = None,
    shortly_before: Sequence[Mapping[str, int]] = (),
) -> WindowDrift | Undetermined:
    """Compare a window's mature outcomes ``(n,)`` and what was predicted for them ``(n, k)`` with
    the reference of the model that predicted. ``before``: cumulative sums, as
    :func:`~ghosteam.monitoring.judging.judge` takes them; ``shortly_before``: the outcomes of the
    windows that a jump is seen from, :func:`counted`, as many as ``jumps.BACK`` where they are
    known. Undetermined with fewer than ``watch.min_rows`` rows, or where the reference knows
    nothing of outcomes.
    """
    if few := too_few(len(target), problem.watch):
        return few
    known = reference.outcomes
    if not known:
        return Undetermined("the model's reference has no outcomes; retrain to have one that has")
    came = OutcomeSample.of(problem, target, outputs)
    name = problem.target.name
    columns = {f"outcome {name}": came.labels}
    if came.errors is not None:
        columns[f"error of {name}"] = pl.Series(came.errors)
    subjects = [
        MonitoredValue(one, "outcome" if one.startswith("outcome") else "calibration", found)
        for one, column in columns.items()
        if (entry := known.get(one)) and entry["kind"] != "calibration"
        for found in [of_column(entry, column)]
    ]
    labels = known.get(f"outcome {name}")
    if labels and JUMP in labels["noise"]:
        jumped = jump_of(labels["noise"][JUMP], shortly_before, counted(problem, target))
        subjects.append(MonitoredValue(f"jump of {name}", "outcome", [jumped]))
    subjects += [
        MonitoredValue(one, "calibration", of_promise(entry, *promise))
        for promised, promise in came.promises.items()
        for one in [f"calibration {promised}"]
        if (entry := known.get(one)) and entry["kind"] == "calibration"
    ]
    return judge(
        subjects,
        rows=len(target),
        min_effect=problem.watch.min_effect,
        importance={},
        before=before or {},
        passed_over={},
    )


def too_few(rows: int, watch: Watch) -> Undetermined | None:
    """Why so many outcomes are too few to compare, or None."""
    if rows >= watch.min_rows:
        return None
    return Undetermined(
        f"{rows} predictions have their outcome, fewer than the {watch.min_rows} that are needed"
    )


def _labels(problem: Problem, target: Floats) -> pl.Series:
    """Outcomes ``(n,)`` as people say them."""
    classes = problem.target.classes
    if not problem.kind.class_count(classes):
        return pl.Series(target)
    words = classes or (f"not {problem.target.name}", problem.target.name)
    return pl.Series(words).gather(target.astype(np.int64))


def _ordered(
    problem: Problem, frame: pl.DataFrame, outputs: Floats
) -> tuple[OutcomeSample, Blocks]:
    """In the order of time, with the blocks of a window's length."""
    target = frame.get_column(TARGET).cast(pl.Float64).to_numpy()
    if not problem.timed:
        return OutcomeSample.of(problem, target, outputs), Blocks()
    order = frame.get_column(EVENT_TIME).arg_sort().to_numpy()
    times = frame.get_column(EVENT_TIME)[order].dt.epoch("us").to_numpy()
    blocks = blocks_of(times, problem.watch.window.longest) if times.size else Blocks()
    return OutcomeSample.of(problem, target[order], outputs[order]), blocks


def _as_restless(noises: Noises, own: Noises, labels: Noises) -> Noises:
    """Of each detector the noise that is larger: that of ``noises``, or ``own``, of the rows that
    were not learned from; where these are too few windows, that of the outcomes.
    """
    at_least = [noise for noise in own.values() if noise] or [
        noise for noise in labels.values() if noise
    ]
    restless: Noises = {}
    for name, noise in noises.items():
        others = [own[name]] if own.get(name) else at_least
        of_all = [one for one in (noise, *others) if one]
        restless[name] = max(of_all, key=lambda one: one["common"]).copy() if of_all else None
    return restless
