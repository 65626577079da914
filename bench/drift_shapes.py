"""How often the watch on drift asks for somebody when nothing happened, and how soon when something
did: by simulation, seeded, with the defaults of a problem.

    python bench/drift_shapes.py [quiet | power | outcomes | errors | expected | labels]

with the Python of ``.ghosteam/env/dev``.

A reference of 90 days, 200 features: 150 numbers of ten shapes, 50 categories of three. Scores are
of the ten features that the model uses. ``quiet``: 30 days after the reference in which nothing
changes but what always did; printed are the days on which DriftDetected would be published, and the
days on which anything is marked. ``power``: something changes on the sixth of 15 days; printed are
the share of seeds in which a page names it, and the median delay in windows, beside what
Evidently's test of that column alone finds in a single window. ``outcomes``: the same two tables of
what comes of the events, see ``bench/drift/outcomes.py``; ``errors``: those of errors in the order
of time, see ``bench/drift/errors.py``. ``expected``: how far estimates before
outcomes are from them, see ``bench/drift/expected.py``. ``labels``: at which price in false pages
a change of a label rate can be found at all, see ``bench/drift/label_curve.py``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.drift import errors, expected, label_curve, outcomes
from bench.drift.changes import CHANGES
from bench.drift.evidently_tests import of_evidently
from bench.drift.worlds import (
    AFTER,
    BEFORE,
    BEGIN,
    DAY,
    QUIET,
    REFERENCE,
    STABLE,
    World,
    day,
    made,
    whole,
)
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.monitoring.drift import judge_window, sustained
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.problem.lengths import days
from ghosteam.problem.watch import Watch

WATCH = Watch()


def main() -> None:
    """Simulate and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "which",
        nargs="?",
        choices=["quiet", "power", "outcomes", "errors", "expected", "labels"],
    )
    options.add_argument("--rows", type=int, nargs="+", default=[1_000])
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--no-peer", action="store_true")
    options.add_argument("--only", default="", help="worlds, tasks or changes whose name has this")
    chosen = options.parse_args()
    if chosen.which in (None, "quiet"):
        print("pages in 30 days (days with anything marked); goal: at most 1 page")
        for name, world in STABLE.items():
            if chosen.only not in name:
                continue
            for rows in chosen.rows:
                found = [quiet(world, rows, seed) for seed in range(chosen.seeds)]
                told = ", ".join(f"{pages} ({marked})" for pages, marked in found)
                print(f"  {name:25} {rows:>8} rows: {told}", flush=True)
    if chosen.which in (None, "power"):
        print("share of seeds with a page that names it (median delay in windows); goal: at most 3")
        for world_name in ("independent", "wandering, sd 0.1"):
            for rows in chosen.rows:
                power(world_name, rows, chosen.seeds, chosen.only, peer=not chosen.no_peer)
    if chosen.which in (None, "outcomes"):
        for rows in chosen.rows:
            outcomes.told(rows, chosen.seeds, chosen.only)
    if chosen.which in (None, "errors"):
        for rows in chosen.rows:
            errors.told(rows, chosen.seeds, chosen.only)
    if chosen.which in (None, "expected"):
        for rows in chosen.rows:
            expected.told(rows, chosen.seeds)
    if chosen.which == "labels":
        for rows in chosen.rows:
            label_curve.told(rows, chosen.seeds)


def quiet(world: World, rows: int, seed: int) -> tuple[int, int]:
    """Days with a page, and days on which anything was marked."""
    random = np.random.default_rng(seed)
    levels = world.levels(REFERENCE + QUIET, random)
    reference = made(world, levels[:REFERENCE], rows, random)
    frames = (day(world, levels, REFERENCE + n, rows, random) for n in range(QUIET))
    verdicts = list(watched(reference, frames))
    return sum(bool(one.sustained) for one in verdicts), sum(one.drifted for one in verdicts)


def power(name: str, rows: int, seeds: int, only: str, *, peer: bool) -> None:
    """Print a line for each change, in the world of that name."""
    world, cases = STABLE[name], [case for case in CHANGES if only in case.name]
    delays: dict[str, list[int | None]] = {case.name: [] for case in cases}
    peers: dict[str, list[bool]] = {case.name: [] for case in cases}
    for seed in range(seeds):
        random = np.random.default_rng(1_000 + seed)
        levels = world.levels(REFERENCE + BEFORE + AFTER, random)
        reference = made(world, levels[:REFERENCE], rows, random)
        for case in cases:
            own = np.random.default_rng(2_000 + seed)
            frames = [day(world, levels, REFERENCE + n, rows, own) for n in range(BEFORE + AFTER)]
            changed = [case.change(one, own) for one in frames[BEFORE:]]
            verdicts = list(watched(reference, [*frames[:BEFORE], *changed]))[BEFORE:]
            named = [bool({*one.sustained_features} & {*case.names}) for one in verdicts]
            delays[case.name].append(named.index(True) + 1 if any(named) else None)
            if peer and case.peer:
                known = whole(world, levels[:REFERENCE], rows, own)
                peers[case.name] += [of_evidently(known, one, case.peer) for one in changed[:2]]
    for case in cases:
        seen = [one for one in delays[case.name] if one is not None]
        told = f"{len(seen) / seeds:.2f} ({median(seen):.0f})" if seen else "0.00"
        beside = (
            f"   Evidently {np.mean(peers[case.name]):.2f} a window" if peers[case.name] else ""
        )
        print(f"  {name:18} {rows:>8} rows  {case.name:35} {told:10}{beside}", flush=True)


def watched(reference: DriftReference, frames: Iterable[pl.DataFrame]) -> Iterable[DriftVerdict]:
    """What the check of drift finds of each day, one after the other."""
    earlier: list[DriftVerdict] = []
    for number, frame in enumerate(frames):
        end = BEGIN + (REFERENCE + number + 1) * DAY
        judged = judge_window(
            frame,
            reference,
            watch=WATCH,
            outputs=frame.select("score"),
            before=earlier[-1].cumulated if earlier else {},
        )
        assert isinstance(judged, WindowDrift)
        found = sustained(judged.matters, end, earlier, window=days(1), votes=WATCH.drift)
        verdict = DriftVerdict(
            window_start=end - DAY,
            window_end=end,
            model_version="1",
            drifted=judged.drifted,
            drifted_features=judged.drifted_features,
            features=judged.features,
            cumulated=judged.cumulated,
        )
        verdict = replace(verdict, sustained=bool(found), sustained_features=found)
        earlier.append(verdict)
        yield verdict


if __name__ == "__main__":
    main()
