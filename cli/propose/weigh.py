"""What each candidate adds to a quick model: those that add something are proposed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from cli.infer.strength import strength
from cli.problem_check.local_training import choose
from cli.problem_check.training_rows import TrainingRows
from cli.propose.candidates import FeatureCandidate, LeftOut
from ghosteam.data.derive import TARGET
from ghosteam.learning.compare import Comparison, compare
from ghosteam.learning.holdout import Holdout
from ghosteam.metrics.metric import Floats
from ghosteam.problem.spec import Problem
from ghosteam.undetermined import Undetermined

MOST_MISSING = 0.9
MOST_VALUES = 250
SUSPECT = 0.85
"""A feature that says so much of the outcome by itself may have been written down after it."""
_TRIALS, _A_MODEL = 1, 20.0


@dataclass(frozen=True)
class Gain:
    """What a candidate adds to the problem and to those before it."""

    candidate: FeatureCandidate
    metric: str
    better: Comparison

    @property
    def told(self) -> str:
        """In words, for a comment."""
        return (
            f"{self.better.difference:+.4f} {self.metric}, with {self.better.confidence:.1%} "
            f"confidence more than {self.better.lower:+.4f}"
        )


@dataclass
class Proposal:
    """``gains`` in the order in which they were added; ``left_out`` of the rest, each with why."""

    gains: list[Gain] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def weigh(
    problem: Problem,
    offered: Sequence[FeatureCandidate],
    rows: TrainingRows,
    *,
    clock: Callable[[], float],
    seconds: float,
    progress: Callable[[str], None] = lambda _: None,
) -> Proposal:
    """Add candidates one after the other, those that say most by themselves first, and keep each by
    which a quick model is better beyond chance on rows that it did not learn from. None is begun
    after so many ``seconds`` of the ``clock``. ``rows`` have the features of all; those that it is
    judged by come before the hold-out, which the gates look at.

    Raises:
        InvalidInput: there are too few rows or outcomes to learn from.
    """
    until, found = clock() + seconds, Proposal()
    outcome = rows.train[TARGET].cast(pl.Float64).to_numpy()
    numbers = not problem.kind.class_count(problem.target.classes)
    told: list[tuple[float, FeatureCandidate]] = []
    for one in offered:
        column = rows.train[one.feature]
        said = strength(column, outcome, numbers=numbers)
        if why := _unfit(column) or _suspect(said):
            found.left_out.append(LeftOut(one.name, why))
        else:
            told.append((said, one))
    judged = Holdout.of(rows.holdout, problem)
    if judged.too_small:
        found.left_out += [LeftOut(one.name, judged.too_small.reason) for _, one in told]
        return found
    ordered = [one for _, one in sorted(told, key=lambda each: -each[0])]
    # Of many candidates without use one seems to have some: each must be surer (Bonferroni).
    confidence = 1 - (1 - problem.promote.beat_champion.confidence) / max(1, len(ordered))
    now, outputs = problem, _outputs(problem, rows) if ordered else None
    for number, one in enumerate(ordered):
        if clock() > until:
            why = f"not measured in {seconds:g} seconds: give it more with --seconds"
            found.left_out += [LeftOut(each.name, why) for each in ordered[number:]]
            break
        progress(f"{one.name}, {number + 1} of {len(ordered)} …")
        with_it = one.added_to(now)
        others = _outputs(with_it, rows)
        assert outputs is not None
        better = compare(
            judged.target,
            outputs,
            others,
            judged.blocks,
            metric=problem.promote.metric,
            confidence=confidence,
            threshold=problem.decide.threshold,
        )
        if isinstance(better, Undetermined):
            found.left_out.append(LeftOut(one.name, better.reason))
        elif better.lower > 0:
            found.gains.append(Gain(one, problem.promote.metric, better))
            now, outputs = with_it, others
        else:
            gain = f"{better.difference:+.4f} {problem.promote.metric}"
            found.left_out.append(LeftOut(one.name, f"no gain beyond chance: {gain}"))
    return found


def _outputs(problem: Problem, rows: TrainingRows) -> Floats:
    """What a quick model says of the rows to judge by."""
    family = {"families": problem.model.families[:1]}
    quick = problem.model_copy(update={"model": problem.model.model_copy(update=family)})
    chosen = choose(quick, rows.train, trials=_TRIALS, seconds=_A_MODEL)
    raw = chosen.found.model.predict(chosen.encoder.from_frame(rows.holdout))
    return problem.kind.finish(raw, chosen.found.calibration)


def _unfit(column: pl.Series) -> str | None:
    known = column.drop_nulls()
    missing = column.null_count() / max(1, len(column))
    if missing > MOST_MISSING:
        return f"{missing:.0%} of the events find none"
    if known.n_unique() < 2:
        return "it is the same for all events"
    if column.dtype == pl.String and known.n_unique() > MOST_VALUES:
        return f"{known.n_unique():,} different texts are too many"
    return None


def _suspect(told: float) -> str | None:
    if told < SUSPECT:
        return None
    return (
        f"it says {told:.0%} of the outcome by itself, as what is written down afterwards does: "
        "write it yourself if it is known before"
    )
