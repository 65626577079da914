"""How many of the changes of a label rate can be found at which price in false pages, by anyone.

Days of labels whose log odds wander (autoregressive, 0.9, with the deviation that is named); on the
first of six days the log odds rise by 0.62, from 20 % to 30 %, and stay. A watch looks at the log
odds of each day's rate, in one of several ways, and its limit is set so that in 30 days without a
change it pages on so many days. ``known`` ways know how levels move and what their mean is, which
nobody does; the others know what 90 days of reference have shown. ``level``: how far both of two of
three days are from the mean. ``jump``: how far the mean of two days is from that of the two before;
where the law is known, from the best forecast by the twelve before, which no linear way improves.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
REFERENCE, QUIET, AFTER, WITHIN, FORECAST = 90, 30, 6, 3, 14
LASTING, RISE, BASE = 0.9, 0.62, -1.6
WORLDS = {"independent": 0.0, "wandering, sd 0.1": 0.1, "wandering, sd 0.3": 0.3}
PAGES = (0.01, 0.1, 1.0)
"""In 30 quiet days, in the mean."""


def told(rows: int, seeds: int) -> None:
    """Print the table; of fewer than some thousand seeds, few pages cannot be counted."""
    print("labels: share of changes found within 3 days, where 30 quiet days have so many pages")
    for world, wander in WORLDS.items():
        quiet = _observed(wander, REFERENCE + QUIET, rows, seeds, np.random.default_rng(1))
        changed = _observed(
            wander, REFERENCE + AFTER, rows, seeds, np.random.default_rng(2), rise_at=REFERENCE
        )
        for way, statistic in WAYS.items():
            false = statistic(quiet, wander, rows)[:, REFERENCE:]
            found = statistic(changed, wander, rows)[:, REFERENCE : REFERENCE + WITHIN].max(axis=1)
            shares = []
            for pages in PAGES:
                limit = np.quantile(false, 1 - pages / QUIET)
                shares.append(f"{(found > limit).mean():.2f} at {pages:g}")
            print(f"  {world:18} {way:28} {', '.join(shares)}", flush=True)


def _observed(
    wander: float,
    days: int,
    rows: int,
    seeds: int,
    random: np.random.Generator,
    rise_at: int | None = None,
) -> Floats:
    """Log odds of the rate of each day, ``(seeds, days)``."""
    level = np.empty((seeds, days))
    level[:, 0] = random.normal(size=seeds)
    for day in range(1, days):
        fresh = (1 - LASTING**2) ** 0.5 * random.normal(size=seeds)
        level[:, day] = LASTING * level[:, day - 1] + fresh
    level *= wander
    if rise_at is not None:
        level[:, rise_at:] += RISE
    rate = 1 / (1 + np.exp(-(BASE + level)))
    came = random.binomial(rows, rate) + 0.5
    found: Floats = np.log(came / (rows + 1 - came))
    return found


def _level_known(seen: Floats, wander: float, rows: int) -> Floats:
    return _two_of_three(seen - BASE)


def _level(seen: Floats, wander: float, rows: int) -> Floats:
    known = seen[:, :REFERENCE]
    deviation = known.std(axis=1, keepdims=True)
    return _two_of_three((seen - known.mean(axis=1, keepdims=True)) / deviation)


def _two_of_three(away: Floats) -> Floats:
    """The second largest of the last three sizes: what two of them are over."""
    size = np.abs(away)
    padded = np.pad(size, ((0, 0), (2, 0)))
    three = np.stack([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]])
    found: Floats = np.sort(three, axis=0)[1]
    return found


def _jump(seen: Floats, wander: float, rows: int) -> Floats:
    moved = _moved(seen)
    deviation = moved[:, 3:REFERENCE].std(axis=1, keepdims=True)
    found: Floats = np.abs(moved) / deviation
    return found


def _jump_known(seen: Floats, wander: float, rows: int) -> Floats:
    """By the covariance of fourteen days; the large constant makes their mean unknown."""
    days = np.arange(FORECAST)
    rate = 1 / (1 + np.exp(-BASE))
    covariance = wander**2 * LASTING ** np.abs(days[:, None] - days) + 10.0
    covariance += np.eye(FORECAST) / (rows * rate * (1 - rate))
    weights = np.linalg.solve(covariance, (days >= FORECAST - 2).astype(float))
    found = np.zeros_like(seen)
    windows = np.lib.stride_tricks.sliding_window_view(seen, FORECAST, axis=1)
    found[:, FORECAST - 1 :] = np.abs(windows @ weights)
    return found


def _moved(seen: Floats) -> Floats:
    two = (seen[:, 1:] + seen[:, :-1]) / 2
    moved = np.zeros_like(seen)
    moved[:, 3:] = two[:, 2:] - two[:, :-2]
    return moved


WAYS: dict[str, Callable[[Floats, float, int], Floats]] = {
    "level, its law known": _level_known,
    "level, from the reference": _level,
    "jump, its law known": _jump_known,
    "jump, from the reference": _jump,
}
