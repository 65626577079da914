"""How often the test over the stream of errors says that they became larger when nothing happened,
and how soon when something did, with the worlds and changes of ``bench/drift/outcomes.py``.

Each seed has a reference of 90 days, the last 14 held out. What changes, changes for good at noon
of the sixth day: how far the change point is from it is told, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from statistics import median

import numpy as np
import polars as pl

from bench.drift.outcomes import CHANGES, WORLDS
from bench.drift.worlds import BEFORE, QUIET, REFERENCE, Floats, World
from ghosteam.documents.drift_reference import ErrorsEntry
from ghosteam.monitoring.error_stream import JudgedErrors, judge_errors
from ghosteam.monitoring.outcomes import OutcomeSample, errors_entry
from tests.outcomes import BEGIN, DAY, HELD_OUT, day, problem_of

AFTER = 15
WORSE = ("label rate + 10 points, not foreseen", "scores say nothing any more", "errors x 1.3")
NOON = BEGIN + (REFERENCE + BEFORE + 0.5) * DAY


def told(rows: int, seeds: int, only: str) -> None:
    """Print both tables, of the worlds whose name has ``only``."""
    print(
        "errors in order: share of seeds with a mark in 30 quiet days; days with one, in the mean"
    )
    worlds = {name: world for name, world in WORLDS.items() if only in name}
    for name, world in worlds.items():
        for task in ("binary", "regression"):
            found = [_quiet(task, world, rows, seed) for seed in range(seeds)]
            line = f"{np.mean(np.array(found) > 0):.2f}, {np.mean(found):.2f} days"
            print(f"  {name:22} {task:12} {rows:>7} rows: {line}", flush=True)
    print(
        "errors in order: share found within 3 windows, 15; delay in windows; change point off by"
    )
    for name, world in worlds.items():
        for change in WORSE:
            task, how = CHANGES[change]
            marks = [_power(task, world, how, rows, seed) for seed in range(seeds)]
            seen = [one for one in marks if one is not None]
            shares = [sum(delay <= most for delay, _ in seen) / seeds for most in (3, AFTER)]
            line = f"{shares[0]:.2f}, {shares[1]:.2f}"
            if seen:
                delays, off = zip(*seen, strict=True)
                line += f"; {median(delays):.0f}; {median(off):.1f} hours"
            print(f"  {name:22} {change:38} {rows:>7} rows: {line}", flush=True)


def _quiet(task: str, world: World, rows: int, seed: int) -> int:
    """Days that are marked."""
    random = np.random.default_rng(seed)
    level = world.levels(REFERENCE + QUIET, random)[:, 0]
    known = _reference(task, level[:REFERENCE], rows, random)
    return sum(one.told.drifted for one in _watched(task, known, level, {}, rows, random))


def _power(
    task: str, world: World, how: Mapping[str, float], rows: int, seed: int
) -> tuple[int, float] | None:
    """After how many windows there is a mark, and by how many hours its change point is off."""
    random = np.random.default_rng(1_000 + seed)
    level = world.levels(REFERENCE + BEFORE + AFTER, random)[:, 0]
    known = _reference(task, level[:REFERENCE], rows, random)
    watched = [*_watched(task, known, level, how, rows, random)][BEFORE:]
    for number, one in enumerate(watched, 1):
        if one.told.drifted and one.larger:
            return number, abs(one.larger.since - NOON) / timedelta(hours=1)
    return None


def _reference(task: str, level: Floats, rows: int, random: np.random.Generator) -> ErrorsEntry:
    made = [day(task, n, rows, random, level=one) for n, one in enumerate(level.tolist())]
    frames, outputs = zip(*made, strict=True)
    return errors_entry(
        problem_of(task),
        pl.concat(frames[:-HELD_OUT]),
        np.concatenate(outputs[:-HELD_OUT]),
        pl.concat(frames[-HELD_OUT:]),
        np.concatenate(outputs[-HELD_OUT:]),
        {},
    )


def _watched(
    task: str,
    known: ErrorsEntry,
    level: Floats,
    how: Mapping[str, float],
    rows: int,
    random: np.random.Generator,
) -> Iterator[JudgedErrors]:
    """Day by day."""
    problem, larger = problem_of(task), None
    for number in range(REFERENCE, len(level)):
        halves = []
        for half in range(2):
            changed = dict(how) if number + half / 2 >= REFERENCE + BEFORE + 0.5 else {}
            changed["level"] = level[number] + changed.get("level", 0.0)
            frame, outputs = day(task, 0, rows // 2, random, **changed)
            hours = pl.col("event_time").sub(BEGIN) / 2 + (number + half / 2) * DAY
            halves.append((frame.with_columns(event_time=BEGIN + hours), outputs))
        frame = pl.concat([one for one, _ in halves])
        outputs = np.concatenate([one for _, one in halves])
        found = judge_errors(
            "loss",
            OutcomeSample.of(problem, frame["target"].to_numpy(), outputs).sizes,
            frame["event_time"],
            known,
            before=larger,
            min_effect=problem.watch.min_effect,
        )
        larger = found.larger
        yield found
