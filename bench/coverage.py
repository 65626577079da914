"""How often a comparison of equals calls one better, when outcomes of a day move together: draws of
days against draws of rows.

    .ghosteam/env/dev/bin/python bench/coverage.py [--times 200]

Two models are as good as each other on average; which of them suits differs by day, and so does the
share of outcomes. At 95 % confidence 5 of 100 are called better by chance. Power is the share found
better of a challenger whose probabilities carry less noise.
"""

from __future__ import annotations

import argparse

import numpy as np

from ghosteam.learning.compare import Comparison, ResamplingBlocks, compare
from ghosteam.metrics.metric import Floats

METRICS = ("roc_auc", "log_loss", "brier")
SHAPES = ((14, 30), (60, 100))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=200, help="comparisons for each figure")
    times = parser.parse_args().times
    print("| days | rows a day | metric | equals, by days | equals, by rows | power, by days |")
    print("|---|---|---|---|---|---|")
    for days, a_day in SHAPES:
        for metric in METRICS:
            found = [
                _share(days, a_day, metric, times, by_days=by_days, better=better)
                for by_days, better in ((True, False), (False, False), (True, True))
            ]
            print(f"| {days} | {a_day} | {metric} | {' | '.join(f'{f:.1%}' for f in found)} |")


def _share(days: int, a_day: int, metric: str, times: int, *, by_days: bool, better: bool) -> float:
    passed = 0
    day = np.repeat(np.arange(days), a_day)
    for seed in range(times):
        target, champion, challenger = _rows(days, a_day, seed, better=better)
        blocks = (
            ResamplingBlocks("days", day)
            if by_days
            else ResamplingBlocks("entities", np.arange(len(day)))
        )
        found = compare(
            target, champion, challenger, blocks, metric=metric, resamples=200, seed=seed
        )
        passed += isinstance(found, Comparison) and found.lower > 0
    return passed / times


def _rows(days: int, a_day: int, seed: int, *, better: bool) -> tuple[Floats, Floats, Floats]:
    """Outcomes, and the probabilities of champion and challenger."""
    draw = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), a_day)
    chance = draw.random(days * a_day)
    lean, shift = draw.normal(0, 0.1, days)[day], draw.normal(0, 0.15, days)[day]
    target = (draw.random(days * a_day) < np.clip(chance + shift, 0, 1)).astype(np.float64)
    noise = draw.normal(0, 0.2 if better else 0.0, days * a_day)
    one, other = chance + 0.5 * lean + noise, chance - 0.5 * lean
    return target, np.clip(one, 0.001, 0.999)[:, None], np.clip(other, 0.001, 0.999)[:, None]


if __name__ == "__main__":
    main()
