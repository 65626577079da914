"""A model of a minute, beside what knows nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from cli.problem_check.told import Line, Mark
from cli.problem_check.training_rows import TrainingRows
from ghosteam.learning.baselines import KNOWS, stronger_baseline
from ghosteam.learning.compare import Comparison, compare
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.holdout import Holdout
from ghosteam.learning.search import SearchResult, search
from ghosteam.metrics.metric import METRICS, Value, measure
from ghosteam.problem.spec import Problem
from ghosteam.undetermined import Undetermined

TRIALS = 3


@dataclass(frozen=True)
class Trained:
    """``family``: the best of those that were ``tried``; ``metrics`` on the hold-out by name;
    ``baselines``: the gate's metric of each; ``better``: how the model compares with the stronger
    one.
    """

    family: str
    tried: tuple[str, ...]
    metric: str
    metrics: dict[str, Value]
    baselines: dict[str, Value]
    better: Comparison | Undetermined
    seconds: float


@dataclass(frozen=True)
class BestModel:
    """The best of all families, and what reads rows for it."""

    family: str
    encoder: Encoder
    found: SearchResult


def train(
    problem: Problem,
    rows: TrainingRows,
    *,
    seconds: float,
    progress: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Search the problem's families for ``seconds`` together, and judge the best on the hold-out:
    as a run does, the choice is made by the validation rows.

    Raises:
        InvalidInput: there are too few rows or outcomes to learn from.
    """
    started = time.monotonic()
    chosen = choose(problem, rows.train, trials=TRIALS, seconds=seconds, progress=progress)
    judged = Holdout.of(rows.holdout, problem)
    raw = chosen.found.model.predict(chosen.encoder.from_frame(rows.holdout))
    outputs = problem.kind.finish(raw, chosen.found.calibration)
    threshold = problem.decide.threshold
    baseline = stronger_baseline(rows.train, judged, problem)
    better: Comparison | Undetermined = judged.too_small or compare(
        judged.target,
        baseline.outputs,
        outputs,
        judged.blocks,
        metric=problem.promote.metric,
        confidence=problem.promote.beat_champion.confidence,
        threshold=threshold,
    )
    return Trained(
        chosen.family,
        problem.model.families,
        problem.promote.metric,
        {
            name: judged.too_small or measure(name, judged.target, outputs, threshold=threshold)
            for name in problem.metrics
        },
        {
            KNOWS[name]: value
            for name, value in baseline.values.items()
            if problem.timed or name != "last_known"
        },
        better,
        time.monotonic() - started,
    )


def choose(
    problem: Problem,
    frame: pl.DataFrame,
    *,
    trials: int,
    seconds: float,
    progress: Callable[[str], None] = lambda _: None,
) -> BestModel:
    """Search the problem's families on training rows, with so many ``trials`` each and for so many
    ``seconds`` together; the best is that of the validation rows.

    Raises:
        InvalidInput: there are too few rows or outcomes to learn from.
    """
    encoder = Encoder.learn(
        frame, features=problem.feature_names, categorical=problem.categorical_features
    )
    found = {
        name: search(
            FAMILIES.find(name),
            frame,
            encoder,
            problem=problem,
            trials=trials,
            seconds=seconds / len(problem.model.families),
            clock=time.monotonic,
            progress=progress,
        )
        for name in problem.model.families
    }
    family = max(found, key=lambda name: _merit(found[name], problem))
    return BestModel(family, encoder, found[family])


def _merit(found: SearchResult, problem: Problem) -> float:
    value = found.validation[problem.promote.metric]
    if isinstance(value, Undetermined):
        return -math.inf
    return METRICS.find(problem.promote.metric).sign * value


def told(trained: Trained, rows: TrainingRows, problem: Problem) -> list[Line]:
    """What to tell of it."""
    full = (
        ""
        if (rows.train.height, rows.holdout.height) == rows.rows
        else (f" of {rows.rows[0]:,} and {rows.rows[1]:,}")
    )
    lines = [
        Line(
            " ",
            f"{trained.family}, the best of {', '.join(trained.tried)} by its validation rows: "
            f"{trained.seconds:.0f} s on {rows.train.height:,} rows, judged on "
            f"{rows.holdout.height:,}{full}",
        ),
        Line(_mark(trained), f"{trained.metric} {_value(trained.metrics[trained.metric])}"),
    ]
    lines += [Line(" ", f"  {name}: {_value(value)}") for name, value in trained.baselines.items()]
    if isinstance(trained.better, Comparison):
        better = trained.better
        lines.append(
            Line(
                " ",
                f"  better than the stronger by {better.difference:+.4f}, with "
                f"{better.confidence:.0%} confidence by more than {better.lower:+.4f}: "
                f"{'the gate lets it pass' if better.lower > 0 else 'the gate refuses it'}",
            )
        )
    limit = problem.promote.max_calibration_error
    honesty = trained.metrics[problem.kind.honesty]
    if not isinstance(honesty, Undetermined):
        mark: Mark = "✓" if honesty <= limit else "!"
        name = problem.kind.honesty.replace("_", " ")
        lines.append(Line(mark, f"{name} {honesty:.3f}; at most {limit:g} is allowed"))
    if _too_good(trained):
        lines.append(Line("!", "That is nearly perfect: does a feature know the outcome?"))
    return lines


def _mark(trained: Trained) -> Mark:
    better = trained.better
    return "✓" if isinstance(better, Comparison) and better.lower > 0 else "!"


def _value(value: Value) -> str:
    return f"undetermined, {value.reason}" if isinstance(value, Undetermined) else f"{value:.4f}"


def _too_good(trained: Trained) -> bool:
    value, metric = trained.metrics[trained.metric], METRICS.find(trained.metric)
    if isinstance(value, Undetermined) or not metric.greater_is_better:
        return False
    return value > metric.high - 0.002 * (metric.high - metric.low)
