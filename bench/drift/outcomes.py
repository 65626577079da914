"""How often the watch on outcomes asks for somebody when nothing happened, and how soon when
something did.

A reference of 90 days, of which the last 14 are held out. Outcomes come by a model's log odds, and
a level that no model knows moves from day to day as a feature does in ``bench/drift/worlds.py``.
What changes, changes for good, after five days on which nothing does.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

import numpy as np

from bench.drift.worlds import BEFORE, BEGIN, DAY, QUIET, REFERENCE, STABLE, Floats, World
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.monitoring.drift import sustained
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.jumps import BACK
from ghosteam.monitoring.outcomes import counted, judge_outcomes
from tests.outcomes import day, problem_of, reference_of

AFTER = 6
WORLDS = {name: world for name, world in STABLE.items() if name != "growing ids"}
CHANGES: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "label rate + 10 points, not foreseen": ("binary", {"level": 0.62}),
    "label rate + 10 points, foreseen": ("binary", {"seen": 0.62}),
    "scores say nothing any more": ("binary", {"signal": 0.0}),
    "a class more often, + 10 points": ("multiclass", {"level": 0.5}),
    "numbers + 0.25 sd of the error": ("regression", {"level": 0.25}),
    "errors x 1.3": ("regression", {"spread": 1.3}),
}


def told(rows: int, seeds: int, only: str) -> None:
    """Print both tables, of the tasks and changes whose name has ``only``."""
    print("outcomes: pages in 30 quiet days, of each seed; goal: at most 1")
    for name, world in WORLDS.items():
        for task in ("binary", "multiclass", "regression"):
            if only not in task:
                continue
            pages = [_quiet(task, world, rows, seed) for seed in range(seeds)]
            print(f"  {name:22} {task:12} {rows:>7} rows: {pages}", flush=True)
    print("outcomes: share of seeds with a page (median delay in windows); goal: 0.95 within 3")
    for name, world in WORLDS.items():
        for change, (task, how) in CHANGES.items():
            if only not in change and only not in task:
                continue
            found = [_power(task, world, how, rows, seed) for seed in range(seeds)]
            seen = [one for one in found if one is not None]
            within = sum(one <= 3 for one in seen) / seeds
            delay = f" ({median(seen):.0f})" if seen else ""
            line = f"{len(seen) / seeds:.2f}{delay}, within 3: {within:.2f}"
            print(f"  {name:22} {change:38} {rows:>7} rows: {line}", flush=True)


def _quiet(task: str, world: World, rows: int, seed: int) -> int:
    random = np.random.default_rng(seed)
    level = world.levels(REFERENCE + QUIET, random)[:, 0]
    known = reference_of(task, level[:REFERENCE], rows, random)
    return sum(bool(one) for one in _watched(task, known, level[REFERENCE:], {}, rows, random))


def _power(task: str, world: World, how: Mapping[str, float], rows: int, seed: int) -> int | None:
    """After how many windows there is a page."""
    random = np.random.default_rng(1_000 + seed)
    level = world.levels(REFERENCE + BEFORE + AFTER, random)[:, 0]
    known = reference_of(task, level[:REFERENCE], rows, random)
    pages = _watched(task, known, level[REFERENCE:], how, rows, random)[BEFORE:]
    return next((number for number, one in enumerate(pages, 1) if one), None)


def _watched(
    task: str,
    reference: DriftReference,
    level: Floats,
    how: Mapping[str, float],
    rows: int,
    random: np.random.Generator,
) -> list[tuple[str, ...]]:
    """What asks for somebody, day by day; what changes, does ``BEFORE`` days later."""
    problem, found = problem_of(task), []
    earlier: list[OutcomeVerdict] = []
    for number, of_day in enumerate(level.tolist()):
        end = BEGIN + DAY * (REFERENCE + number + 1)
        now = how if number >= BEFORE else {}
        changed = {**now, "level": of_day + now.get("level", 0.0)}
        frame, outputs = day(task, REFERENCE + number, rows, random, **changed)
        judged = judge_outcomes(
            problem,
            frame["target"].to_numpy(),
            outputs,
            reference,
            before=earlier[-1].cumulated if earlier else {},
            shortly_before=[earlier[-back].came for back in BACK if back <= len(earlier)],
        )
        assert isinstance(judged, WindowDrift)
        watch = problem.watch
        found.append(
            sustained(judged.matters, end, earlier, window=watch.window, votes=watch.drift)
        )
        earlier.append(
            OutcomeVerdict(
                window_start=end - DAY,
                window_end=end,
                model_version="1",
                drifted_features=judged.drifted_features,
                features=judged.features,
                cumulated=judged.cumulated,
                came=counted(problem, frame["target"].to_numpy()),
            )
        )
    return found
